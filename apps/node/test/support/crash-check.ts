import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoinsStore, SequentialScriptChecker } from '@btcp2p/chainstate';
import { nativeSha256d } from '@btcp2p/reactor';
import { hashFromHex, hashToHex } from '@btcp2p/wire';
import type { LoadedChain } from '../../src/chain/chain-messages.ts';
import { ChainService } from '../../src/chain/chain-service.ts';
import { chainSettings } from '../../src/chain/chain-settings.ts';
import { configure } from '../../src/configuration.ts';
import { LmdbStore } from '../../src/storage/kv/lmdb-store.ts';
import { hashOfCoins } from './coin-model.ts';
import type { SpendingBlocks } from './spending-blocks.ts';

/** What was found in the directory of a chain. Hashes are hex as people write them. */
export interface Found {
  /** The coins as they were left: of which block, and their hash. Undefined in the middle of a write. */
  readonly left: { readonly best: string; readonly hash: string } | undefined;
  /** The same once they were brought to the best chain that is stored. */
  readonly tip: string;
  readonly hash: string;
  readonly stored: ReadonlySet<string>;
}

/** What a node would find that is started over the directory of a chain of regtest. */
export function inspect(directory: string): Found {
  const copy = mkdtempSync(join(tmpdir(), 'btcp2p-crash-'));
  try {
    cpSync(directory, copy, { recursive: true });
    const before = coinsIn(copy);
    const { headers, tip, stored } = load(copy);
    const hashOf = (entry: number): string =>
      hashToHex(nativeSha256d(headers.subarray(80 * (entry - 1), 80 * entry)));
    const after = coinsIn(copy);
    if (after === undefined || (tip > 0 && after.best !== hashOf(tip))) {
      throw new Error(`the coins are those of ${after?.best}, not of the tip ${hashOf(tip)}`);
    }
    const hashes = new Set([...stored].filter((entry) => entry > 0).map(hashOf));
    return { left: before, tip: after.best, hash: after.hash, stored: hashes };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Compares what was left with what the blocks come to: a sentence for each difference. */
export function differences(found: Found, blocks: SpendingBlocks, log: string): string[] {
  const faults: string[] = [];
  const compare = (what: string, best: string, hash: string): void => {
    const expected = blocks.coins.hashAt(blocks.find(hashFromHex(best)));
    if (hash !== expected) faults.push(`${what}: the coins of ${best} are ${hash}, not ${expected}`);
  };
  if (found.left !== undefined && !isNone(found.left.best)) {
    compare('as they were left', found.left.best, found.left.hash);
  }
  compare('at the tip', found.tip, found.hash);
  const acknowledged = [...log.matchAll(/(?:UpdateTip: new best|hashBestChain)=(\w+) height=(\d+)/g)];
  const highest = Math.max(0, ...acknowledged.map(([, , height]) => Number(height)));
  const height = blocks.headers.height(blocks.find(hashFromHex(found.tip)));
  if (height < highest) faults.push(`the tip is at ${height}, and was at ${highest}`);
  return faults;
}

/** Whether it is the hash of no block. */
export function isNone(hash: string): boolean {
  return /^0*$/.test(hash);
}

/** Blocks that a log tells of as connected and that are not stored. */
export function lost(found: Found, log: string): string[] {
  const told = [...log.matchAll(/UpdateTip: new best=(\w+)/g)].map(([, hash]) => hash!);
  return told.filter((hash) => !found.stored.has(hash));
}

function coinsIn(directory: string): Found['left'] {
  const chainstate = join(directory, 'chainstate');
  if (!existsSync(join(chainstate, 'data.mdb'))) return { best: '0', hash: '' };
  const store = LmdbStore.open(chainstate);
  try {
    const coins = new CoinsStore(store);
    if (coins.headBlocks() !== undefined) return undefined;
    return { best: hashToHex(coins.bestBlock()), hash: hashOfCoins(coins.coins()) };
  } finally {
    store.close();
  }
}

/** What the chain thread does at start and at the end. */
function load(directory: string): LoadedChain {
  const request = configure([`-datadir=${directory}`, '-regtest', '-fastprune', '-server=0', '-par=1']);
  if (request.type !== 'run') throw new Error('the arguments ask for no run');
  const paths = { chain: directory, blocks: join(directory, 'blocks') };
  const settings = chainSettings(request.configuration.options, paths, Math.floor(Date.now() / 1_000));
  const shared = { interrupt: new Int32Array(1), addonGate: new SharedArrayBuffer(64) };
  const service = new ChainService({ ...settings, ...shared }, new SequentialScriptChecker(), () => {});
  try {
    return service.load();
  } finally {
    service.close();
  }
}
