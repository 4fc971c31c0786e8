// Puts a key-value store through a coins database's work, in a process of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CoinsCache, CoinsStore, type KeyValueChange, type KeyValueStore,
} from '@btcp2p/chainstate';
import { coinKeyOf, coinValueOf, pick } from '../key-value-data.ts';
import { openEngine, type OpenStore } from '../key-value-engines.ts';
import {
  BATCHES, CHANGES_PER_BATCH, COLD_READS, FLUSHED, MANY, MANY_TIMES, READS,
  type KeyValueFigures, type KeyValueTask,
} from '../key-value-run.ts';

/** As `CoinsStore` splits what it writes: 32 MiB. */
const LOAD_BATCH = 430_000;

const { engine, directory, entries } = JSON.parse(process.argv[2]!) as KeyValueTask;
const isVerbose = process.env['BTCP2P_KV_VERBOSE'] !== undefined;
let memory = 0;
const found: (number | string)[] = [];

process.on('message', () => void run());
process.on('disconnect', () => process.exit(0));
process.send!('ready');

async function run(): Promise<void> {
  let store = await openEngine(engine, directory);
  const load = timed('load', () => loadAll(store));
  const before = diskBytes('write_bytes');
  const change = timed('change', () => changeSome(store));
  await store.close();
  const writtenBytes = (diskBytes('write_bytes') - before) / (BATCHES * CHANGES_PER_BATCH);
  const size = sizeOf(directory) / entries;
  forgetFiles();
  store = await openEngine(engine, directory);
  const atStart = diskBytes('read_bytes');
  const coldReads = timed('cold reads', () => read(store, COLD_READS, 11));
  const coldBytes = (diskBytes('read_bytes') - atStart) / COLD_READS;
  const all = timed('all', () => readAll(store));
  const reads = timed('reads', () => read(store, READS, 12));
  const absent = timed('absent', () => read(store, READS, 13, 2 ** 30));
  const many = timed('many', () => readMany(store));
  const flush = flushCoins(store);
  await store.close();
  const figures: KeyValueFigures = {
    load, change, coldReads, coldBytes, reads, absent, many, all, flush, size, writtenBytes, memory,
    answer: found.join(),
  };
  process.send!(figures);
}

function timed(name: string, job: () => unknown): number {
  const start = performance.now();
  job();
  const seconds = (performance.now() - start) / 1_000;
  observe();
  if (isVerbose) console.error(engine, name, seconds.toFixed(2), 's', status());
  return seconds;
}

/** The time of making what is written does not count. */
function write(store: OpenStore, batch: readonly KeyValueChange[]): void {
  store.write(batch);
  observe();
}

function loadAll(store: OpenStore): void {
  for (let start = 0; start < entries; start += LOAD_BATCH) {
    const length = Math.min(LOAD_BATCH, entries - start);
    write(store, Array.from({ length }, (_, i) => put(start + i)));
  }
}

/** Half of the changes are new entries, half take away any that there are. */
function changeSome(store: OpenStore): void {
  const half = CHANGES_PER_BATCH / 2;
  for (let round = 0; round < BATCHES; round++) {
    const changes: KeyValueChange[] = [];
    for (let i = round * half; i < (round + 1) * half; i++) {
      changes.push(put(entries + i), { key: coinKeyOf(pick(i, 10, entries)), value: undefined });
    }
    write(store, changes);
  }
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
  for (let round = 0; round < MANY_TIMES; round++) {
    const keys = Array.from({ length: MANY }, (_, i) => coinKeyOf(pick(round * MANY + i, 14, entries)));
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
  for (let i = 0; i < FLUSHED; i++) {
    const txid = coinKeyOf(2 ** 29 + i).subarray(1, 33);
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

/** Bytes that this process had from the disk, or gave to it. */
function diskBytes(which: 'read_bytes' | 'write_bytes'): number {
  return fieldOf('/proc/self/io', which);
}

function observe(): void {
  memory = Math.max(memory, fieldOf('/proc/self/status', 'RssAnon') / 1_024);
}

function status(): string {
  const file = fieldOf('/proc/self/status', 'RssFile') / 1_024;
  return `${memory.toFixed(0)} MiB at most, and ${file.toFixed(0)} of files`;
}

function fieldOf(path: string, name: string): number {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(path, 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
}
