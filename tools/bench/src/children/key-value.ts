// Puts a key-value store through a coins database's work, in a process of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CoinsCache, CoinsStore, type KeyValueChange, type KeyValueStore,
} from '@btcp2p/chainstate';
import { coinKeyOf, coinValueOf, pick } from '../key-value-data.ts';
import { openEngine } from '../key-value-engines.ts';
import { amountsOf, type KeyValueFigures, type KeyValueTask } from '../key-value-run.ts';

const { engine, directory, entries } = JSON.parse(process.argv[2]!) as KeyValueTask;
const amounts = amountsOf(entries);
/** Says on the way what it finds, for runs of many minutes. */
const isVerbose = process.env['BTCP2P_KV_VERBOSE'] !== undefined;
/** Numbers of keys from here on were never put. */
const ABSENT = 2 ** 30;
/** Numbers of the coins that come last. */
const FLUSHED = 2 ** 29;

let memory = 0;
const found: number[] = [];

process.on('message', () => void run());
process.on('disconnect', () => process.exit(0));
process.send!('ready');

async function run(): Promise<void> {
  let store = await openEngine(engine, directory);
  const load = loadAll(store);
  const change = changeSome(store);
  await store.close();
  const size = sizeOf(directory) / entries;
  forgetFiles();
  store = await openEngine(engine, directory);
  const coldReads = timed('cold reads', () => read(store, amounts.coldReads, 11));
  const all = timed('all', () => readAll(store));
  const reads = timed('reads', () => read(store, amounts.reads, 12));
  const absent = timed('absent', () => read(store, amounts.reads, 13, ABSENT));
  const many = timed('many', () => readMany(store));
  const flush = flushCoins(store);
  await store.close();
  const answer = found.join();
  const figures: KeyValueFigures = {
    load, change, coldReads, all, reads, absent, many, flush, size, memory, answer,
  };
  process.send!(figures);
}

function timed(name: string, job: () => unknown): number {
  const start = performance.now();
  job();
  const seconds = (performance.now() - start) / 1_000;
  observe();
  if (isVerbose) console.error(engine, name, seconds.toFixed(2), 's', memory.toFixed(0), 'MB');
  return seconds;
}

/** Seconds of writing alone. */
function loadAll(store: KeyValueStore): number {
  let seconds = 0;
  for (let start = 0; start < entries; start += amounts.loadBatch) {
    const length = Math.min(amounts.loadBatch, entries - start);
    const batch = Array.from({ length }, (_, i) => put(start + i));
    seconds += timed('load', () => store.write(batch));
  }
  return seconds;
}

/** Half of the changes are new entries, half take away any that there are. */
function changeSome(store: KeyValueStore): number {
  const half = amounts.changesPerBatch / 2;
  let seconds = 0;
  for (let round = 0; round < amounts.batches; round++) {
    const batch: KeyValueChange[] = [];
    for (let i = round * half; i < (round + 1) * half; i++) {
      batch.push(put(entries + i), { key: coinKeyOf(pick(i, 10, entries)), value: undefined });
    }
    seconds += timed('change', () => store.write(batch));
  }
  return seconds;
}

function put(number: number): KeyValueChange {
  return { key: coinKeyOf(number), value: coinValueOf(number) };
}

function read(store: KeyValueStore, count: number, salt: number, offset = 0): void {
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    bytes += store.get(coinKeyOf(offset + pick(i, salt, entries)))?.length ?? 0;
  }
  found.push(bytes);
}

function readMany(store: KeyValueStore): void {
  let bytes = 0;
  const { manyCalls, manyKeys: length } = amounts;
  for (let call = 0; call < manyCalls; call++) {
    const keys = Array.from({ length }, (_, i) => coinKeyOf(pick(call * length + i, 14, entries)));
    for (const value of store.getMany(keys)) bytes += value?.length ?? 0;
  }
  found.push(bytes);
}

function readAll(store: KeyValueStore): void {
  let count = 0;
  let bytes = 0;
  for (const { key, value } of store.entries(Uint8Array.of(0x43), Uint8Array.of(0x44))) {
    count++;
    bytes += key.length + value.length;
  }
  found.push(count, bytes);
}

/** Fills a cache with new coins, and answers how long it takes to hand them down. */
function flushCoins(store: KeyValueStore): number {
  const coins = new CoinsCache(new CoinsStore(store), { salt: 1n });
  const script = Uint8Array.of(0x00, 0x14, ...new Uint8Array(20));
  for (let i = 0; i < amounts.flushed; i++) {
    const txid = coinKeyOf(FLUSHED + i).subarray(1, 33);
    script.set(txid.subarray(0, 20), 2);
    const coin = { value: BigInt(pick(i, 15, 2 ** 31)), scriptPubKey: script, height: i >> 12 };
    coins.addCoin({ txid, index: i & 1 }, { ...coin, isCoinbase: false }, false);
  }
  coins.setBestBlock(new Uint8Array(32).fill(1));
  return timed('flush', () => coins.flush());
}

function sizeOf(path: string): number {
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

/** Has the system forget what it holds of the files, where there is a way (GNU dd on Linux). */
function forgetFiles(): void {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    spawnSync('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']);
  }
}

function observe(): void {
  memory = Math.max(memory, fieldOf('RssAnon') * 1_024 / 1e6);
}

function fieldOf(name: string): number {
  try {
    const text = readFileSync('/proc/self/status', 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  } catch {
    return process.memoryUsage().rss / 1_024;
  }
}
