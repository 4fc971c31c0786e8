/** A command line that cannot be followed. Its message is one line for the user. */
export class UsageError extends Error {
  /** What kind of error it is. */
  readonly code = 'usage';
}

/** What the command line asks for. */
export interface Options {
  /** A source tree of Bitcoin Core, whose tests are run. */
  readonly core: string;
  /** Names and options of tests, `rpc_bind --ipv4`; empty: those of the list. */
  readonly tests: readonly string[];
  /** The executable to test in place of btcp2p-node. */
  readonly node: string | undefined;
  /** Between the nodes of a test, unless it has its own idea; undefined: the framework's default. */
  readonly transport: '--v1transport' | '--v2transport' | undefined;
  /** Tests at a time. */
  readonly jobs: number;
  /** Seconds that a test may take. */
  readonly timeout: number;
  /** Leave the data of failed tests where it is. */
  readonly keep: boolean;
}

const USAGE =
  '--core DIR [TEST…] [--v1transport|--v2transport] [--jobs N] [--timeout SECONDS] [--node PATH] [--keep]';
const VALUES = ['--core', '--node', '--jobs', '--timeout'];
const DEFAULT_TIMEOUT = 600;

/**
 * Reads `--core DIR [TEST…] [--v1transport|--v2transport] [--jobs N] [--timeout SECONDS]
 * [--node PATH] [--keep]`. Options of a test stand with its name: `'rpc_bind --ipv4'`.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const tests: string[] = [];
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (!argument.startsWith('-')) {
      tests.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    if (VALUES.includes(name)) {
      const value = equals < 0 ? args[++i] : argument.slice(equals + 1);
      if (value === undefined || value === '') throw new UsageError(`${name} needs a value`);
      values.set(name, value);
    } else if (['--v1transport', '--v2transport', '--keep'].includes(argument)) flags.add(argument);
    else throw new UsageError(`unknown option ${argument} (usage: ${USAGE})`);
  }
  const core = values.get('--core');
  if (core === undefined) throw new UsageError(`no --core (usage: ${USAGE})`);
  if (flags.has('--v1transport') && flags.has('--v2transport')) {
    throw new UsageError('either --v1transport or --v2transport');
  }
  const transports = ['--v1transport', '--v2transport'] as const;
  return {
    core,
    tests,
    node: values.get('--node'),
    transport: transports.find((each) => flags.has(each)),
    jobs: count('--jobs', values, 1),
    timeout: count('--timeout', values, DEFAULT_TIMEOUT),
    keep: flags.has('--keep'),
  };
}

function count(name: string, values: ReadonlyMap<string, string>, otherwise: number): number {
  const text = values.get(name) ?? String(otherwise);
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`${name} is a whole number from 1 on, not ${text}`);
}
