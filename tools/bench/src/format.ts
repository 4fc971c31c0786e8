import type { CaseResult, Measured, Target } from './bench.ts';

/** A figure for people: three digits that count, thousands apart. */
export function formatFigure(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** How many times better: `8.4x`. */
export function formatRatio(ratio: number): string {
  return `${ratio.toLocaleString('en', { maximumSignificantDigits: ratio < 10 ? 2 : 3 })}x`;
}

/** What a run says to a target, in a few words. */
export function verdict(target: Target, result: CaseResult): string {
  const judgement = target.judge(result);
  if (judgement === undefined) return 'not measured';
  return `${judgement.isMet ? 'holds' : 'missed'} (${judgement.reached})`;
}

/** A case for the console: a line for each contender, and one for each target. */
export function formatCase(result: CaseResult): string[] {
  const { case: it, ours, rivals } = result;
  const width = Math.max(...[ours, ...rivals].map(({ name }) => name.length)) + 2;
  const line = ({ name, figure }: Measured): string => {
    const spread = `(${formatFigure(figure.lower)} to ${formatFigure(figure.upper)})`;
    const median = `${formatFigure(figure.median).padStart(9)} ${it.unit.name}`;
    return `    ${name.padEnd(width)}${median.padEnd(24)}${spread}`;
  };
  return [
    `  ${it.name}`,
    line(ours),
    ...rivals.map((rival) => `${line(rival).padEnd(width + 52)}ours is ${formatRatio(rival.ratio)}`),
    ...(it.targets ?? []).map((target) => `    target ${target.text}: ${verdict(target, result)}`),
  ];
}
