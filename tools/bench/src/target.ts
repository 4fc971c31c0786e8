import type { Target } from './bench.ts';

/** Ours is at least `times` as good as the rival. */
export function atLeast(times: number, rivalName: string): Target {
  const text = times === 1 ? `no worse than ${rivalName}` : `${times}x ${rivalName}`;
  return {
    text,
    isMet({ rivals }) {
      const rival = rivals.find(({ name }) => name === rivalName);
      return rival === undefined ? undefined : rival.ratio >= times;
    },
  };
}

/** Ours reaches a figure, whatever rivals do. */
export function reaches(figure: number): Target {
  return {
    text: `${figure.toLocaleString('en')} or better`,
    isMet({ case: { unit }, ours: { figure: { median } } }) {
      return unit.better === 'lower' ? median <= figure : median >= figure;
    },
  };
}
