import type { BenchResult, CaseResult, Measured } from './bench.ts';
import { formatFigure, formatRatio, verdict } from './format.ts';

/** docs/benchmarks.md of a run: for each bench its tables, and what its cases are. */
export function renderMarkdown(results: readonly BenchResult[], machine: string): string {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; a run of it without arguments rewrites this file.',
    '',
    `Machine: ${machine}. Figures hold for this machine and day, ratios more widely.`,
    '',
    ...INTRODUCTION,
    '',
    ...renderVersions(results),
    ...renderTargets(results),
    ...results.flatMap(renderBench),
    ...HOW_TO_RUN,
    '',
  ].join('\n');
}

const INTRODUCTION = [
  'Ours and every rival of a case run in the same run, in rounds: in each round everyone gives one',
  'sample (of at least 20 ms, by repetition), in an order that is drawn anew. The figures are the',
  'medians of the rounds, with the quartiles of ours. Before that, everyone has to give the same',
  'answer, else nothing is measured, and warms up. Young garbage is collected before each sample,',
  'with flags of V8 that keep compiled code through it, and an allocator that keeps the memory',
  '(tools/bench/src/main.ts). A ratio says how many times better ours is: below 1 it is worse.',
];

const HOW_TO_RUN = [
  '## How to run them',
  '',
  '```sh',
  'npm run bench                              # all of them, and rewrite this file',
  'npm run bench -- wire headers              # some',
  'npm run bench -- --json results.json       # and one JSON object for each case and rival',
  'npm run bench -- --no-write                # leave this file alone',
  '```',
  '',
  'They read real blocks and headers from the directory that `BTCP2P_DATA` names (see',
  '[tools/testdata](../tools/testdata/README.md)). `BENCH_BITCOIN` names a `bench_bitcoin` of',
  'Bitcoin Core and `BITCOIND` a `bitcoind`, to be measured in the same run; without them their',
  'columns are missing.',
];

/** A row for each version: contenders from the same library share one. */
function renderVersions(results: readonly BenchResult[]): string[] {
  const names = new Map<string, Set<string>>();
  for (const { name, version } of results.flatMap(({ cases }) => cases.flatMap((it) => it.rivals))) {
    if (version === undefined) continue;
    names.set(version, (names.get(version) ?? new Set()).add(name));
  }
  if (names.size === 0) return [];
  const rows = [...names].map(([version, of]) => `| ${[...of].join(', ')} | ${version} |`);
  return ['| rival | version |', '|---|---|', ...rows, ''];
}

function renderTargets(results: readonly BenchResult[]): string[] {
  const rows = results.flatMap(({ bench, cases }) =>
    cases.flatMap((result) =>
      (result.case.targets ?? []).map((target) => {
        const name = `${bench.name}: ${result.case.name}`;
        return `| ${name} | ${target.text} | ${verdict(target, result)} |`;
      }),
    ),
  );
  if (rows.length === 0) return [];
  return ['## Targets', '', '| case | target | in this run |', '|---|---|---|', ...rows, ''];
}

function renderBench({ bench, leftOut, absent, cases }: BenchResult): string[] {
  const heading = [`## ${bench.name}`, '', bench.about, ''];
  if (leftOut !== undefined) return [...heading, `Left out of this run: ${leftOut}.`, ''];
  return [
    ...heading,
    '| case | unit | ours | quartiles | rival | its figure | ratio |',
    '|---|---|--:|--:|---|--:|--:|',
    ...cases.flatMap(renderCase),
    '',
    ...(absent.length === 0 ? [] : [`Not in this run: ${absent.join('; ')}.`, '']),
    ...renderMethods(cases),
    '',
  ];
}

function renderCase({ case: it, ours, rivals }: CaseResult): string[] {
  const { lower, median, upper } = ours.figure;
  const quartiles = `${formatFigure(lower)} to ${formatFigure(upper)}`;
  const first = `| ${it.name} | ${it.unit.name} | ${formatFigure(median)} | ${quartiles}`;
  const columns = (rival: Measured & { readonly ratio: number }): string =>
    `${rival.name} | ${formatFigure(rival.figure.median)} | ${formatRatio(rival.ratio)} |`;
  if (rivals.length === 0) return [`${first} | none | | |`];
  return rivals.map((rival, i) => `${i === 0 ? first : '| | | |'} | ${columns(rival)}`);
}

/** A list item for each method, with the cases that share it. */
function renderMethods(cases: readonly CaseResult[]): string[] {
  const names = new Map<string, string[]>();
  for (const { case: it } of cases) {
    names.set(it.method, [...(names.get(it.method) ?? []), it.name]);
  }
  return [...names].map(([method, of]) => `- **${of.join('; ')}**: ${method}`);
}
