import { configure, type Configuration } from './configuration.ts';
import { ConsoleDisplay } from './console-display.ts';
import { NodeError } from './node-error.ts';
import { RunningNode } from './running-node.ts';

/** Milliseconds between two looks at the node's status. */
const STATUS_INTERVAL = 100;

// What is written here is nobody else's business (Core common/system.cpp, `SetupEnvironment`).
process.umask(0o077);
try {
  const request = configure(process.argv.slice(2));
  if (request.type === 'print') process.stdout.write(request.text);
  else await run(request.configuration);
} catch (error) {
  if (!(error instanceof NodeError)) throw error;
  process.stderr.write(`${error.code === 'rebuild' ? '' : 'Error'}: ${error.message}\n`);
  process.exitCode = 1;
}

/** Runs a node until a signal or an end of its own. */
async function run(configuration: Configuration): Promise<void> {
  for (const warning of configuration.warnings) process.stderr.write(`${warning}\n`);
  const { options, notices } = configuration;
  if (options.display) {
    // Where only the display is seen, and not the log.
    const warnings = notices.filter(({ level }) => level === 'warning');
    for (const { text } of warnings) process.stdout.write(`Warning: ${text}\n`);
  }
  const display = new ConsoleDisplay({
    stream: process.stdout,
    status: options.display,
    logs: options.log.console,
  });
  let end: (error: NodeError | undefined) => void = () => {};
  const ended = new Promise<NodeError | undefined>((resolve) => (end = resolve));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopping.abort();
      end(undefined);
    });
  }

  let failure: NodeError | undefined;
  try {
    const print = (line: string): void => display.print(line);
    const node = await RunningNode.start({
      configuration,
      print,
      ended: (error) => end(error),
      signal: stopping.signal,
    });
    process.on('SIGHUP', () => node.reopenLog());
    const timer = setInterval(() => display.update(node.status), STATUS_INTERVAL);
    failure = await ended;
    clearInterval(timer);
    display.update(node.status);
    await node.stop();
  } finally {
    display.stop();
  }
  if (failure !== undefined) throw failure;
}
