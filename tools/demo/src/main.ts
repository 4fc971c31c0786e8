// npm run demo: see index.ts. Ends by itself, with 0 if all that it says was seen to hold.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromMiner, ToMiner } from './miner-messages.ts';

/** Blocks that are there when the second node starts, and those mined while it runs. */
const BLOCKS = 20_000;
const LIVE_BLOCKS = 40;
/** Milliseconds between those, and until everything is taken to hang. */
const INTERVAL = 250;
const LIMIT = 55_000;

const NODE = fileURLToPath(new URL('../../../apps/node/bin/btcp2p-node.mjs', import.meta.url));

const directory = mkdtempSync(join(tmpdir(), 'btcp2p-demo-'));
const children: ChildProcess[] = [];
const limit = setTimeout(() => end('it took too long'), LIMIT);
process.exitCode = 1;
try {
  await demo();
  process.exitCode = 0;
} finally {
  clearTimeout(limit);
  for (const child of children) child.kill();
  rmSync(directory, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  say('Two processes on this machine, which speak the Bitcoin P2P protocol over TCP on loopback,');
  say('encrypted (BIP 324):');
  say(`1. a node that mines ${BLOCKS} regtest blocks, and serves them …`);
  const miner = fork(new URL('./miner.js', import.meta.url), [makeDirectory('miner'), `${BLOCKS}`]);
  children.push(miner);
  let theirSession = '';
  const mined = new Map<number, { readonly hash: string; readonly time: number }>();
  const address = await new Promise<string>((resolve) => {
    miner.on('message', (message: FromMiner) => {
      if (message.type === 'listening') resolve(message.address);
      else if (message.type === 'session') theirSession = message.id;
      else mined.set(message.height, { hash: message.hash, time: performance.now() });
    });
    miner.once('exit', () => end('the mining process ended'));
  });

  const data = makeDirectory('node');
  const top = BLOCKS + LIVE_BLOCKS;
  const args = [
    '-regtest', `-datadir=${data}`, `-connect=${address}`, `-stopatheight=${top}`, '-logtimemicros',
    '-server=0',
  ];
  say(`2. btcp2p-node ${args.filter((arg) => !arg.includes('datadir')).join(' ')}`);
  say('   It fetches and checks all headers, then all blocks, then follows what is mined:\n');
  const started = performance.now();
  const node = spawn(process.execPath, [NODE, ...args], { stdio: 'inherit' });
  children.push(node);
  const exited = once(node, 'exit');
  const log = join(data, 'regtest', 'debug.log');
  const synced = await seen(log, new RegExp(`UpdateTip: .* height=${BLOCKS}\n`));
  miner.send({ interval: INTERVAL, until: top } satisfies ToMiner);
  const [code] = (await exited) as [number];
  if (code !== 0) end(`btcp2p-node ended with ${code}`);

  const text = readFileSync(log, 'utf8');
  const session = /New manual v2 peer connected: .*session_id=([0-9a-f]{64})/.exec(text)?.[1];
  if (session === undefined) end('the connection was not encrypted');
  if (session !== theirSession) end(`the session is ${session} here and ${theirSession} there`);
  const tips = new Map(
    [...text.matchAll(/new best=(\w+) height=(\d+)/g)].map(
      ([, hash, height]) => [Number(height), hash] as const,
    ),
  );
  for (const [height, { hash }] of mined) {
    if (tips.get(height) !== hash) end(`block ${height} is not the one that was mined`);
  }
  const seconds = (synced - started) / 1_000;
  const rate = Math.round(BLOCKS / seconds);
  say('');
  say(`Shown: ${BLOCKS} headers and blocks synced in ${seconds.toFixed(1)} s from the start of the`);
  say(`process (${rate} blocks/s, every one checked and on disk before it counted), and`);
  say(`${mined.size} more while they were mined: the same ${top} blocks on both sides.`);
  say(`Session id here:  ${session}`);
  say(`Session id there: ${theirSession}`);
  miner.removeAllListeners('exit');
  miner.disconnect();
}

function makeDirectory(name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}

/** Resolves, with the moment, when a file has such a line. */
async function seen(path: string, line: RegExp): Promise<number> {
  for (;;) {
    if (line.test(readIfThere(path))) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function end(why: string): never {
  process.stderr.write(`Error: the demo failed: ${why}\n`);
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
  process.exit(1);
}
