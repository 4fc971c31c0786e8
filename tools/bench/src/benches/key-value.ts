import type { Bench, Case, Contender, Plan } from '../bench.ts';
import { survivedKills } from '../key-value-crash.ts';
import { amountsOf, runKeyValue, type Engine, type KeyValueFigures } from '../key-value-run.ts';
import { packageVersion } from '../package-version.ts';
import { perSecond, type Unit } from '../unit.ts';

/** Each sample is a process of its own here. */
const ROUNDS = 3;

/** Entries unless `BTCP2P_KV_ENTRIES` says how many; with ten million a run takes a quarter of an hour. */
const ENTRIES = 200_000;

/** How often a writing process is killed unless `BTCP2P_KV_KILLS` says how often. */
const KILLS = 3;

type Figure = Exclude<keyof KeyValueFigures, 'answer'>;

/** Stores for coins. */
export const keyvalue: Bench = {
  name: 'keyvalue',
  about:
    'Databases below the chain state: entries like coins, with keys of 34 and 35 bytes in random order ' +
    'and values of 20 to 60, through the port `KeyValueStore` of @btcp2p/chainstate, all calls of which ' +
    'are synchronous. Ours is the store of apps/node, which is LMDB. Every sample is a fresh process ' +
    'with an empty directory, in which all cases but the last follow one another.',
  prepare,
};

function prepare(): Plan {
  const entries = Number(process.env['BTCP2P_KV_ENTRIES'] ?? ENTRIES);
  const kills = Number(process.env['BTCP2P_KV_KILLS'] ?? KILLS);
  const runs = new Runs(entries);
  return { cases: [...figureCases(runs, entries), killCase(kills)] };
}

/** The samples of all cases come from the same runs: each one's first from the first, and so on. */
class Runs {
  readonly #entries: number;
  readonly #runs: Record<Engine, Promise<KeyValueFigures>[]> = { lmdb: [], level: [] };

  constructor(entries: number) {
    this.#entries = entries;
  }

  run(engine: Engine, round: number): Promise<KeyValueFigures> {
    return (this.#runs[engine][round] ??= runKeyValue(engine, this.#entries));
  }
}

function figureCases(runs: Runs, entries: number): Case[] {
  const { batches, changesPerBatch, coldReads, reads, manyCalls, manyKeys, flushed } = amountsOf(entries);
  const make = (name: string, figure: Figure, unit: Unit, method: string): Case => ({
    name,
    unit,
    ours: engineOf(runs, 'lmdb', figure),
    rivals: [engineOf(runs, 'level', figure)],
    method,
    rounds: ROUNDS,
  });
  const left = entries.toLocaleString('en');
  return [
    make(`load ${left} entries`, 'load', perSecond('entries', entries), 'in batches of 430,000.'),
    make(
      `${batches} batches of ${changesPerBatch.toLocaleString('en')} changes`, 'change',
      perSecond('changes', batches * changesPerBatch), 'half of them put, half of them remove.',
    ),
    make(
      'read after a start', 'coldReads', perSecond('reads', coldReads),
      'single ones, at random, the system having been asked to forget the files.',
    ),
    make(
      'read everything in order', 'all', perSecond('entries', entries),
      'right after that, so that most comes from the disk.',
    ),
    make('read', 'reads', perSecond('reads', reads), 'single ones at random, after that.'),
    make('read what is not there', 'absent', perSecond('reads', reads), 'the same with other keys.'),
    make(
      `read ${manyKeys.toLocaleString('en')} at once`, 'many', perSecond('reads', manyCalls * manyKeys),
      'what a block asks for.',
    ),
    make(
      `hand down ${flushed.toLocaleString('en')} coins`, 'flush', perSecond('coins', flushed),
      '`flush` of a `CoinsCache` on a `CoinsStore`, encoding included.',
    ),
    make('size on disk', 'size', bytesEach, 'after load and changes.'),
    make(
      'memory', 'memory', megabytes,
      'at most, of the process, without what it maps of files. Half of it is what is to be written.',
    ),
  ];
}

const bytesEach: Unit = { name: 'bytes/entry', better: 'lower', of: (bytes) => bytes };
const megabytes: Unit = { name: 'MB', better: 'lower', of: (figure) => figure };

function engineOf(runs: Runs, engine: Engine, figure: Figure): Contender {
  let round = 0;
  return {
    ...namesOf(engine),
    answer: async () => (await runs.run(engine, 0)).answer,
    warmUp: () => {},
    sample: async () => (await runs.run(engine, round++))[figure],
  };
}

function killCase(kills: number): Case {
  const contender = (engine: Engine): Contender => ({
    ...namesOf(engine),
    answer: () => '',
    warmUp: () => {},
    sample: () => survivedKills(engine, kills),
  });
  return {
    name: 'kill -9',
    unit: { name: `of ${kills} survived`, better: 'higher', of: (count) => count },
    ours: contender('lmdb'),
    rivals: [contender('level')],
    method:
      'a process that writes batches of up to 10,000 changes is killed at a random moment. It counts if ' +
      'afterwards each batch is there as a whole or not at all, and all whose write had returned.',
    rounds: 1,
  };
}

function namesOf(engine: Engine): Pick<Contender, 'name' | 'version'> {
  const name = engine === 'lmdb' ? 'lmdb' : 'classic-level';
  return { name: engine === 'lmdb' ? 'btcp2p (lmdb)' : name, version: packageVersion(name) };
}
