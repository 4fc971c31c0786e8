import { configure, type Configuration } from './configuration.ts';
import { ConsoleDisplay } from './console-display.ts';
import { NodeError } from './node-error.ts';
import { RunningNode } from './running-node.ts';

/** Milliseconds between two looks at the node's status. */
const STATUS_INTERVAL = 100;

try {
  const request = configure(process.argv.slice(2));
  if (request.type === 'print') process.stdout.write(request.text);
  else await run(request.configuration);
} catch (error) {
  if (!(error instanceof NodeError)) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 1;
}

/** Runs a node until a signal or an end of its own. */
async function run(configuration: Configuration): Promise<void> {
  for (const warning of configuration.warnings) process.stderr.write(`${warning}\n`);
  const { options } = configuration;
  if (options.connect === undefined && options.addnode.length === 0) {
    // Honest about what is missing, before the user waits for it.
    process.stderr.write(
      'Warning: this version does not find peers by itself: name some with -connect or -addnode\n',
    );
  }
  const display = new ConsoleDisplay({
    stream: process.stdout,
    status: options.display,
    logs: options.log.console,
  });
  let end: (error: NodeError | undefined) => void = () => {};
  const ended = new Promise<NodeError | undefined>((resolve) => (end = resolve));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(undefined));

  let failure: NodeError | undefined;
  try {
    const print = (line: string): void => display.print(line);
    const node = await RunningNode.start({ configuration, print, ended: (error) => end(error) });
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
