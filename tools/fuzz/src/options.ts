import { parseSeed } from './seeds.ts';

/** What the command line asks for. */
export interface Options {
  /** The targets to run; empty for all. */
  readonly targets: readonly string[];
  readonly minutes: number;
  /** Of the run; undefined for a new one. */
  readonly seed: bigint | undefined;
  /** The one case to run. */
  readonly case: bigint | undefined;
}

/** A command line that cannot be followed. Its message is one line for the user. */
export class UsageError extends Error {
  /** What kind of error it is. */
  readonly code = 'usage';
}

const OPTIONS = '--minutes N, --seed S and --case S';

/**
 * Reads `[TARGET…] [--minutes N] [--seed S] [--case S]`.
 *
 * @throws UsageError for a target that is not in `known`, for an unknown option, and for a value
 * that does not fit its option
 */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const targets: string[] = [];
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument.startsWith('-')) {
      const [name, value = args[++i]] = argument.split('=') as [string, string?];
      if (!['--minutes', '--seed', '--case'].includes(name)) {
        throw new UsageError(`unknown option ${name} (there are ${OPTIONS})`);
      }
      if (value === undefined) throw new UsageError(`${name} needs a value`);
      values.set(name, value);
    } else if (!known.includes(argument)) {
      throw new UsageError(`unknown target ${argument} (there are ${known.join(', ')})`);
    } else if (!targets.includes(argument)) {
      targets.push(argument);
    }
  }
  const only = seedOf('--case', values);
  if (only !== undefined && targets.length !== 1) throw new UsageError('--case needs one target');
  return { targets, minutes: minutesOf(values), seed: seedOf('--seed', values), case: only };
}

function minutesOf(values: ReadonlyMap<string, string>): number {
  const text = values.get('--minutes') ?? '1';
  const minutes = Number(text);
  if (text !== '' && minutes > 0 && minutes < Infinity) return minutes;
  throw new UsageError(`--minutes is more than 0, not ${text}`);
}

function seedOf(name: string, values: ReadonlyMap<string, string>): bigint | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const seed = parseSeed(text);
  if (seed === undefined) throw new UsageError(`${name} is up to 16 hex digits, not ${text}`);
  return seed;
}
