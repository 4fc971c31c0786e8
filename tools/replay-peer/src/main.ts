import { parseArgs } from 'node:util';
import { BLOCK_HEADER_SIZE, networks, type Chain } from '@btcp2p/wire';
import { readBlockFiles, readHeaderFiles } from './chain-files.ts';
import { startReplayPeer, type ReplayPeer } from './replay-peer.ts';

const USAGE = `usage: node tools/replay-peer/dist/main.js [options]

  --network CHAIN          ${Object.keys(networks).join(', ')} (main)
  --headers FILE           80-byte headers back to back; may be given more than once
  --first-height N         height of the first header (0)
  --count N                how many of the headers to serve (all)
  --blocks FILE            blocks framed as in blk00000.dat; may be given more than once
  --host HOST              address to listen at (127.0.0.1)
  --port N                 port to listen at (any free one)
  --latency MS             how much longer every answer takes (0)
  --request-transactions   ask for transactions that are announced
`;

const { values } = parseArgs({
  options: {
    network: { type: 'string', default: 'main' },
    headers: { type: 'string', multiple: true, default: [] },
    'first-height': { type: 'string', default: '0' },
    count: { type: 'string' },
    blocks: { type: 'string', multiple: true, default: [] },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    latency: { type: 'string', default: '0' },
    'request-transactions': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  try {
    await run();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

async function run(): Promise<void> {
  const peer = await start();
  console.log(`${values.network}, height ${peer.chain.height}: listening at ${peer.address}`);
  // One that was spawned says so, and ends with whoever spawned it.
  process.send?.({ address: peer.address });
  for (const end of ['SIGINT', 'SIGTERM', 'disconnect'] as const) {
    process.once(end, () => void peer.close().then(() => process.exit(0)));
  }
}

async function start(): Promise<ReplayPeer> {
  const network = networks[values.network as Chain] as (typeof networks)[Chain] | undefined;
  if (network === undefined) throw new Error(`no network ${values.network}\n\n${USAGE}`);
  const headers = readHeaderFiles(values.headers ?? []);
  const count = values.count === undefined ? Infinity : numberOf(values.count);
  return startReplayPeer({
    network,
    ...(headers.length > 0 ? { headers: headers.subarray(0, count * BLOCK_HEADER_SIZE) } : {}),
    firstHeight: numberOf(values['first-height'] ?? '0'),
    blocks: readBlockFiles(values.blocks ?? [], network),
    host: values.host ?? '127.0.0.1',
    port: numberOf(values.port ?? '0'),
    latency: numberOf(values.latency ?? '0'),
    requestsTransactions: values['request-transactions'] === true,
  });
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`not a number: ${text}`);
  return number;
}
