/** What the command line asks for. */
export interface Options {
  /** The benches to run; empty for all. */
  readonly names: readonly string[];
  /** Where to write the rows. */
  readonly json: string | undefined;
  /** Whether a run of all benches rewrites docs/benchmarks.md. */
  readonly write: boolean;
}

/** A command line that cannot be followed. Its message is one line for the user. */
export class UsageError extends Error {
  /** What kind of error it is. */
  readonly code = 'usage';
}

/**
 * Reads `[NAME…] [--json FILE] [--no-write]`.
 *
 * @throws UsageError for a name that is not in `known`, and for an unknown option
 */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const names: string[] = [];
  let json: string | undefined;
  let write = true;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument === '--no-write') {
      write = false;
    } else if (argument === '--json' || argument.startsWith('--json=')) {
      json = argument === '--json' ? args[++i] : argument.slice('--json='.length);
      if (!json || json.startsWith('--')) throw new UsageError('--json needs the name of a file');
    } else if (argument.startsWith('-')) {
      throw new UsageError(`unknown option ${argument} (there are --json FILE and --no-write)`);
    } else if (!known.includes(argument)) {
      throw new UsageError(`unknown bench ${argument} (there are ${known.join(', ')})`);
    } else if (!names.includes(argument)) {
      names.push(argument);
    }
  }
  return { names, json, write };
}
