/** What a figure is in, and how one follows from the time of an iteration. */
export interface Unit {
  /** As it stands behind a figure: `ms`, `GB/s`. */
  readonly name: string;
  /** Which of two figures is the better one. */
  readonly better: 'lower' | 'higher';
  /** The figure for a sample: the seconds that an iteration takes, where the unit is one of time. */
  readonly of: (sample: number) => number;
}

/** Milliseconds an iteration. */
export const milliseconds: Unit = { name: 'ms', better: 'lower', of: (seconds) => seconds * 1e3 };

/** Seconds an iteration. */
export const seconds: Unit = { name: 's', better: 'lower', of: (sample) => sample };

/** 10^6 bytes. A sample is a number of bytes. */
export const megabytes: Unit = { name: 'MB', better: 'lower', of: (bytes) => bytes / 1e6 };

/** Microseconds for one of the `count` things that an iteration handles. */
export function microsecondsEach(thing: string, count: number): Unit {
  return { name: `µs/${thing}`, better: 'lower', of: (seconds) => (seconds * 1e6) / count };
}

/** Things a second, of which an iteration handles `count`. */
export function perSecond(things: string, count: number): Unit {
  return { name: `${things}/s`, better: 'higher', of: (seconds) => count / seconds };
}

/** 10^6 bytes a second, of which an iteration handles `bytes`. */
export function megabytesPerSecond(bytes: number): Unit {
  return { name: 'MB/s', better: 'higher', of: (seconds) => bytes / 1e6 / seconds };
}

/** 10^9 bytes a second, of which an iteration handles `bytes`. */
export function gigabytesPerSecond(bytes: number): Unit {
  return { name: 'GB/s', better: 'higher', of: (seconds) => bytes / 1e9 / seconds };
}

/** How many times the size of what it handles something takes. A sample is that number itself. */
export const timesItsSize: Unit = { name: 'x its size', better: 'lower', of: (times) => times };

/** How many times better the figure `ours` is than `rival`: above 1 if it is better at all. */
export function ratioOf(unit: Unit, ours: number, rival: number): number {
  return unit.better === 'lower' ? rival / ours : ours / rival;
}
