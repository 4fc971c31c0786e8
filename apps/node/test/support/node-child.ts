// `btcp2p-node` as it was built, with `ChainOptions` that the user cannot ask for, such as a very small
// cache of coins: `node-child.ts <options as JSON> <arguments>…`
import { configure, NodeError, RunningNode } from '../../dist/index.js';

const [chain = '', ...args] = process.argv.slice(2);
try {
  const request = configure(args);
  if (request.type !== 'run') throw new Error('the arguments ask for no run');
  const { configuration } = request;
  const { options } = configuration;
  let end: (error: NodeError | undefined) => void = () => {};
  const ended = new Promise<NodeError | undefined>((resolve) => (end = resolve));
  const stopping = new AbortController();
  process.on('SIGTERM', () => {
    stopping.abort();
    end(undefined);
  });
  const node = await RunningNode.start({
    configuration: {
      ...configuration,
      options: { ...options, chain: { ...options.chain, ...JSON.parse(chain) } },
    },
    print: (line) => process.stdout.write(line),
    ended: end,
    signal: stopping.signal,
  });
  const failure = await ended;
  await node.stop();
  if (failure !== undefined) throw failure;
} catch (error) {
  if (!(error instanceof NodeError)) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 1;
}
