// `node tools/chain-differential/dist/main.js [--seed N] [--seeds N] [--steps N] [--coins N] [--trace]`:
// runs so many seeds from the first, and ends with 1 and the command that replays it at the first
// difference. BITCOIND names the binary.
import { parseArgs } from 'node:util';
import { bitcoind } from '@btcp2p/testdata';
import { Difference } from './difference.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '20' },
    steps: { type: 'string', default: '1000' },
    coins: { type: 'string', default: '25' },
    trace: { type: 'boolean', default: false },
  },
});

const binary = bitcoind();
if (binary === undefined) throw new Error('there is no bitcoind (set BITCOIND)');

const [first, seeds] = [Number(values.seed), Number(values.seeds)];
const totals = new Map<string, number>();
for (let seed = first; seed < first + seeds; seed++) {
  try {
    await runSeed(seed);
  } catch (error) {
    console.error(error instanceof Difference ? error.message : error);
    console.error(
      'replay: node tools/chain-differential/dist/main.js ' +
        `--seed ${seed} --seeds 1 --steps ${values.steps} --coins ${values.coins} --trace`,
    );
    process.exitCode = 1;
    break;
  }
}
printTotals();

async function runSeed(seed: number): Promise<void> {
  const start = performance.now();
  const report = await run(binary!, {
    seed,
    steps: Number(values.steps),
    coinsEvery: Number(values.coins),
    ...(values.trace && { trace: (line) => console.log(line) }),
  });
  for (const [answer, count] of report.answers) {
    totals.set(answer, (totals.get(answer) ?? 0) + count);
  }
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  const { steps, height, deepest } = report;
  console.log(`seed ${seed}: ${steps} steps, height ${height}, deepest reorg ${deepest} (${seconds} s)`);
}

function printTotals(): void {
  for (const [answer, count] of [...totals].sort((a, b) => b[1] - a[1])) {
    console.log(`${String(count).padStart(8)}  ${answer}`);
  }
}
