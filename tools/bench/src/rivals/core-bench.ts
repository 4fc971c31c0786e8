import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Contender } from '../bench.ts';
import { runProgram } from '../run-program.ts';
import { coreVersion } from './core-version.ts';

/** How long one of its benches runs for one sample, milliseconds. */
const MIN_TIME_MS = 100;

/** A bench that hangs is ended after this, milliseconds. */
const TIMEOUT_MS = 60_000;

/** The path of the `bench_bitcoin` that `BENCH_BITCOIN` names, if it does. */
export function benchBitcoin(): string | undefined {
  const named = process.env['BENCH_BITCOIN'];
  if (!named) return undefined;
  const path = resolve(import.meta.dirname, '../../../..', named);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`BENCH_BITCOIN names no file: ${path}`);
  }
  return path;
}

/**
 * A bench of Bitcoin Core's own, which asserts its result if it shows any. Each sample is the median
 * that one run of the program reports.
 *
 * @param name as the report is to call it
 * @param coreName as Core calls it (`bench_bitcoin -list`)
 */
export function coreBench(binary: string, name: string, coreName: string): Contender {
  const version = coreVersion(join(dirname(binary), 'bitcoind'));
  return {
    name,
    ...(version === undefined ? {} : { version }),
    answer: () => undefined,
    warmUp: () => {},
    async sample() {
      const directory = mkdtempSync(join(tmpdir(), 'btcp2p-bench-'));
      const output = join(directory, 'output.json');
      try {
        const options = [
          `-filter=${coreName}`, `-min-time=${MIN_TIME_MS}`, `-output-json=${output}`,
        ];
        await runProgram({ path: binary, args: options, directory, timeout: TIMEOUT_MS });
        return medianOf(readFileSync(output, 'utf8'), coreName);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}

/**
 * Seconds an iteration, from what `-output-json` wrote.
 *
 * @throws Error if it says nothing of that bench
 */
export function medianOf(json: string, coreName: string): number {
  const { results } = JSON.parse(json) as { results: Record<string, unknown>[] };
  const seconds = results.find((result) => result['name'] === coreName)?.['median(elapsed)'];
  if (typeof seconds !== 'number') throw new Error(`bench_bitcoin reports no ${coreName}`);
  return seconds;
}
