import { arch, cpus, release, totalmem, type } from 'node:os';

/** The machine, the runtime and the day: what the figures of a run hold for. */
export function machineLine(now: Date): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `${type()} ${release().split('-')[0]} ${arch()}`;
  const cores = `${processors.length} ${processors.length === 1 ? 'core' : 'cores'}`;
  const date = now.toISOString().slice(0, 10);
  return `${model}, ${cores}, ${memory}, ${system}, Node.js ${process.version}, ${date}`;
}
