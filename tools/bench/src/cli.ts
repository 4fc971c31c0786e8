// What main.ts runs: `[NAME…] [--json FILE] [--no-write]`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ALLOCATOR_SETTINGS } from './allocator-settings.ts';
import type { BenchResult } from './bench.ts';
import { benches } from './benches/index.ts';
import { formatCase } from './format.ts';
import { rowsOf } from './json.ts';
import { machineLine } from './machine-line.ts';
import { renderMarkdown } from './markdown.ts';
import { parseOptions, UsageError, type Options } from './options.ts';
import { runBench } from './run-bench.ts';

// The allocator has read them: they are not meant for the processes that are started from here.
for (const name of Object.keys(ALLOCATOR_SETTINGS)) delete process.env[name];

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const REPORT = 'docs/benchmarks.md';

async function main({ names, json, write }: Options): Promise<void> {
  const machine = machineLine(new Date());
  console.log(machine);
  const results: BenchResult[] = [];
  for (const bench of benches) {
    if (names.length > 0 && !names.includes(bench.name)) continue;
    console.log(`\n${bench.name}`);
    const result = await runBench(bench, (done) => console.log(formatCase(done).join('\n')));
    if (result.leftOut !== undefined) console.log(`  left out: ${result.leftOut}`);
    if (result.absent.length > 0) console.log(`  not in this run: ${result.absent.join('; ')}`);
    results.push(result);
  }
  if (json !== undefined) writeTo(resolve(json), `${JSON.stringify(rowsOf(results), null, 2)}\n`);
  // A run of some benches, or of none for want of data, must not cost what an earlier one found.
  const isComplete = names.length === 0 && results.some(({ cases }) => cases.length > 0);
  if (isComplete && write) writeTo(resolve(REPOSITORY, REPORT), renderMarkdown(results, machine));
}

function writeTo(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`\nwrote ${file}`);
}

try {
  await main(parseOptions(process.argv.slice(2), benches.map(({ name }) => name)));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}
