import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

/**
 * The machine, the runtime and the day, and how busy the machine was before: what the figures of a
 * run hold for.
 */
export function machineLine(now: Date): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `${type()} ${release().split('-')[0]} ${arch()}`;
  const cores = `${processors.length} ${processors.length === 1 ? 'core' : 'cores'}`;
  const date = now.toISOString().slice(0, 10);
  const load = `load ${loadavg()[0]!.toFixed(1)} at the start`;
  return `${model}, ${cores}, ${memory}, ${system}, Node.js ${process.version}, ${date}, ${load}`;
}
