import { progressOf, type Phase, type Rates, type StatusSnapshot } from './status.ts';

/** A status line narrower than this shows nothing but the height. */
const MIN_WIDTH = 20;
/** Columns of the progress bar, brackets included, at most and at least. */
const MAX_BAR = 32;
const MIN_BAR = 10;

const PHASES: Readonly<Record<Phase, string>> = {
  loading: 'loading',
  connecting: 'looking for peers',
  presync: 'checking the chain of a peer',
  headers: 'syncing headers',
  blocks: 'syncing blocks',
  synced: 'in sync',
  stopping: 'stopping',
};

/**
 * The status as one line for a terminal, at most `width` columns of ASCII. The narrower it is, the
 * fewer parts it has: the least important go first.
 */
export function renderStatus(status: StatusSnapshot, rates: Rates, width: number): string {
  if (width < MIN_WIDTH) return `${status.height}`.slice(0, Math.max(width, 0));
  const progress = progressOf(status);
  const share = progress === undefined || progress.total <= 0 ? undefined : progress.done / progress.total;
  // In the order in which they stand; those of higher rank fall away first.
  const parts: { readonly rank: number; readonly text: string }[] = [
    { rank: 5, text: status.chain === 'main' ? '' : status.chain },
    { rank: 2, text: PHASES[status.phase] },
    { rank: 0, text: heights(status) },
    { rank: 1, text: share === undefined ? '' : percent(share) },
    { rank: 3, text: speed(status, rates) },
    { rank: 4, text: timeLeft(status, rates) },
    { rank: 6, text: peers(status) },
  ].filter(({ text }) => text !== '');
  const joined = (): string => parts.map(({ text }) => text).join('  ');
  while (parts.length > 1 && joined().length > width) {
    const least = parts.reduce((a, b) => (a.rank > b.rank ? a : b));
    parts.splice(parts.indexOf(least), 1);
  }
  const line = joined().slice(0, width);
  const room = Math.min(width - line.length - 2, MAX_BAR);
  return share === undefined || room < MIN_BAR ? line : `${bar(share, room)}  ${line}`;
}

/** The status as a line for a file or a pipe: always the same parts, of any length. */
export function plainStatus(status: StatusSnapshot, rates: Rates): string {
  const progress = progressOf(status);
  const share = progress === undefined || progress.total <= 0 ? undefined : progress.done / progress.total;
  return [
    PHASES[status.phase],
    `height ${status.height}`,
    `headers ${status.headers}`,
    status.phase === 'presync' ? `presync ${status.presyncHeight ?? 0}` : '',
    share === undefined ? '' : percent(share),
    speed(status, rates),
    timeLeft(status, rates),
    peers(status),
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function heights(status: StatusSnapshot): string {
  switch (status.phase) {
    case 'presync':
      return `${status.presyncHeight ?? 0}`;
    case 'headers':
      return `${status.headers}`;
    case 'blocks':
      return `${status.height}/${status.headers}`;
    case 'loading':
    case 'connecting':
    case 'synced':
    case 'stopping':
      return `${status.height}`;
  }
}

/** `12.3%`; 100 only when it is done, since 99.99 is not. */
function percent(share: number): string {
  const clamped = Math.min(Math.max(share, 0), 1);
  return clamped === 1 ? '100%' : `${(Math.floor(clamped * 1_000) / 10).toFixed(1)}%`;
}

function bar(share: number, width: number): string {
  const inside = width - 2;
  const full = Math.floor(Math.min(Math.max(share, 0), 1) * inside);
  const head = full < inside ? '>' : '';
  return `[${'='.repeat(full)}${head}${' '.repeat(inside - full - head.length)}]`;
}

function speed({ phase }: StatusSnapshot, { itemsPerSecond, bytesPerSecond }: Rates): string {
  if (phase === 'presync' || phase === 'headers') return `${amount(itemsPerSecond)} headers/s`;
  if (phase !== 'blocks') return '';
  return `${amount(itemsPerSecond)} blocks/s, ${amount(bytesPerSecond)}B/s`;
}

/** A number of at most four characters: `0`, `4.2`, `950`, `12k`, `3.4M`. */
function amount(value: number): string {
  let scaled = value;
  for (const unit of ['', 'k', 'M', 'G']) {
    const text = scaled < 9.95 && scaled > 0 ? scaled.toFixed(1) : scaled.toFixed(0);
    if (Number(text) < 1_000) return `${text.replace(/\.0$/, '')}${unit}`;
    scaled /= 1_000;
  }
  return `${scaled.toFixed(0)}T`;
}

function timeLeft({ phase }: StatusSnapshot, { secondsLeft }: Rates): string {
  if (secondsLeft === undefined || secondsLeft <= 0) return '';
  if (phase !== 'presync' && phase !== 'headers' && phase !== 'blocks') return '';
  return `${duration(secondsLeft)} left`;
}

/** The two largest units: `45s`, `3m 20s`, `2h 5m`, `6d 4h`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const units = [
    ['d', 86_400], ['h', 3_600], ['m', 60], ['s', 1],
  ] as const;
  const first = units.findIndex(([, length]) => whole >= length);
  if (first < 0) return '0s';
  let rest = whole;
  const texts: string[] = [];
  for (const [name, length] of units.slice(first, first + 2)) {
    texts.push(`${Math.floor(rest / length)}${name}`);
    rest %= length;
  }
  return texts.filter((text, i) => i === 0 || !text.startsWith('0')).join(' ');
}

function peers({ inbound, outbound }: StatusSnapshot): string {
  const all = inbound + outbound;
  const count = `${all} peer${all === 1 ? '' : 's'}`;
  return inbound > 0 ? `${count} (${inbound} in)` : count;
}
