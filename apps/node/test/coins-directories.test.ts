import { beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoinsDirectories } from '../src/chain/coins-directories.ts';
import { temporaryDirectory } from './support/support.ts';

const hash = new Uint8Array(32).fill(7);
let home: string;
const path = (...names: string[]): string => join(home, ...names);

/** A directory of coins, with something in it to know it by. */
function coins(directory: string, content: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'data'), content);
}
const contentOf = (directory: string): string => readFileSync(join(directory, 'data'), 'utf8');

/** Coins of before, and a snapshot that was loaded. */
function loaded(): CoinsDirectories {
  const directories = new CoinsDirectories(home);
  coins(directories.coins, 'old');
  coins(directories.snapshot, 'new');
  directories.setBaseHash(hash);
  return directories;
}

beforeEach(() => {
  home = temporaryDirectory();
});

test('a snapshot counts once its block is noted, and stays beside the other coins', () => {
  coins(path('chainstate'), 'old');
  coins(path('chainstate_snapshot'), 'half');
  expect(new CoinsDirectories(home).baseHash()).toBe(undefined);
  expect(readdirSync(home)).toEqual(['chainstate']);
  loaded();
  const again = new CoinsDirectories(home);
  expect([again.baseHash(), again.wasProved]).toEqual([hash, false]);
  expect([contentOf(again.coins), contentOf(again.snapshot)]).toEqual(['old', 'new']);
});

test('proved, it takes their place at the next start', () => {
  loaded().setProved();
  expect(readdirSync(home).sort()).toEqual(['chainstate', 'chainstate_snapshot']);
  const next = new CoinsDirectories(home);
  expect([next.baseHash(), next.wasProved, contentOf(next.coins)]).toEqual([undefined, true, 'new']);
  expect(readdirSync(home)).toEqual(['chainstate']);
  expect(readdirSync(next.coins)).toEqual(['data']);
  expect(new CoinsDirectories(home).wasProved).toBe(false);
});

/** What changing places does, one step after the other. */
const steps: readonly (() => void)[] = [
  () => renameSync(path('chainstate'), path('chainstate_todelete')),
  () => rmSync(path('chainstate_snapshot', 'base_blockhash')),
  () => rmSync(path('chainstate_snapshot', 'proved')),
  () => renameSync(path('chainstate_snapshot'), path('chainstate')),
  () => rmSync(path('chainstate_todelete', 'data')),
];

test.each(steps.map((_, i) => i + 1))('after an end of the process behind step %d of that', (count) => {
  loaded().setProved();
  for (const step of steps.slice(0, count)) step();
  const next = new CoinsDirectories(home);
  expect([next.baseHash(), contentOf(next.coins), readdirSync(home)]).toEqual(
    [undefined, 'new', ['chainstate']],
  );
});

test('one that is wrong is kept aside, in the place of an earlier one', () => {
  coins(path('chainstate_snapshot_INVALID'), 'older');
  const aside = loaded().setInvalid();
  expect([aside, contentOf(aside)]).toEqual([path('chainstate_snapshot_INVALID'), 'new']);
  const next = new CoinsDirectories(home);
  expect([next.baseHash(), contentOf(next.coins), existsSync(next.snapshot)]).toEqual([
    undefined, 'old', false,
  ]);
});

test('one that is not wanted is deleted, proved or not', () => {
  for (const isProved of [false, true]) {
    const directories = loaded();
    if (isProved) directories.setProved();
    directories.removeSnapshot();
    expect([readdirSync(home), contentOf(directories.coins)]).toEqual([['chainstate'], 'old']);
  }
});
