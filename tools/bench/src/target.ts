import type { Target } from './bench.ts';
import { formatFigure, formatRatio } from './format.ts';
import type { Unit } from './unit.ts';

/** Ours is at least `times` as good as the rival. */
export function atLeast(times: number, rivalName: string): Target {
  return {
    text: times === 1 ? `no worse than ${rivalName}` : `at least ${times}x ${rivalName}`,
    judge({ rivals }) {
      const ratio = rivals.find(({ name }) => name === rivalName)?.ratio;
      if (ratio === undefined) return undefined;
      return { isMet: ratio >= times, reached: formatRatio(ratio) };
    },
  };
}

/** Ours reaches a figure of the case's unit, whatever rivals do. */
export function reaches(figure: number, { name, better }: Unit): Target {
  return {
    text: `${better === 'lower' ? 'at most' : 'at least'} ${figure.toLocaleString('en')} ${name}`,
    judge({ ours: { figure: { median } } }) {
      const isMet = better === 'lower' ? median <= figure : median >= figure;
      return { isMet, reached: `${formatFigure(median)} ${name}` };
    },
  };
}
