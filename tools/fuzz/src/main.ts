// `npm run fuzz -- [TARGET…] [--minutes N] [--seed S] [--case S]`.
import { randomBytes } from 'node:crypto';
import { parseOptions, UsageError } from './options.ts';
import { runFuzz } from './run-fuzz.ts';
import { targets } from './targets/index.ts';

const known = targets.map(({ name }) => name);
let isStopped = false;
// The table of what was reached is worth having; a second Ctrl+C ends at once.
process.once('SIGINT', () => (isStopped = true));

try {
  const options = parseOptions(process.argv.slice(2), known);
  const seed = options.seed ?? randomBytes(8).readBigUInt64BE();
  const print = (line: string): void => console.log(line);
  const isClean = await runFuzz(options, { known, seed, print, isStopped: () => isStopped });
  if (!isClean) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}
