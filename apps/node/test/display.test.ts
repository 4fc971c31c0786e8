import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ConsoleDisplay, type OutputStream } from '../src/console-display.ts';
import { plainStatus, renderStatus } from '../src/display.ts';
import { RateMeter, type Phase, type Rates, type StatusSnapshot } from '../src/status.ts';

const status = (changes: Partial<StatusSnapshot> = {}): StatusSnapshot => ({
  phase: 'blocks',
  chain: 'regtest',
  height: 250,
  headers: 1_000,
  inbound: 1,
  outbound: 8,
  received: 0,
  ...changes,
});

const rates: Rates = { itemsPerSecond: 123.4, bytesPerSecond: 4_560_000, secondsLeft: 6_100 };

const phases: readonly Phase[] = [
  'loading',
  'connecting',
  'presync',
  'headers',
  'blocks',
  'synced',
  'stopping',
];

describe('the status line', () => {
  test('syncing blocks, narrower and narrower', () => {
    expect(
      [140, 110, 80, 60, 50, 40, 30, 21, 10, 2].map((width) => renderStatus(status(), rates, width)),
    ).toEqual([
      '[=======>                      ]  ' +
        'regtest  syncing blocks  250/1000  25.0%  123 blocks/s, 4.6MB/s  1h 41m left  9 peers (1 in)',
      '[===>          ]  ' +
        'regtest  syncing blocks  250/1000  25.0%  123 blocks/s, 4.6MB/s  1h 41m left  9 peers (1 in)',
      'regtest  syncing blocks  250/1000  25.0%  123 blocks/s, 4.6MB/s  1h 41m left',
      'syncing blocks  250/1000  25.0%  123 blocks/s, 4.6MB/s',
      '[===>           ]  syncing blocks  250/1000  25.0%',
      'syncing blocks  250/1000  25.0%',
      '[==>        ]  250/1000  25.0%',
      '250/1000  25.0%',
      '250',
      '25',
    ]);
  });

  test.each([
    [
      status({ phase: 'loading', loaded: 0.5, height: 0 }),
      '[===============>              ]  regtest  loading  0  50.0%  9 peers (1 in)',
    ],
    [
      status({ phase: 'connecting', inbound: 0, outbound: 0, chain: 'main' }),
      'looking for peers  250  0 peers',
    ],
    [
      status({
        phase: 'presync',
        presyncHeight: 200_000,
        expectedHeight: 800_000,
        inbound: 0,
        outbound: 1,
      }),
      '[=======>                      ]  ' +
        'regtest  checking the chain of a peer  200000  25.0%  123 headers/s  1h 41m left  1 peer',
    ],
    [
      status({ phase: 'headers', headers: 2_000, expectedHeight: 4_000 }),
      '[===============>              ]  ' +
        'regtest  syncing headers  2000  50.0%  123 headers/s  1h 41m left  9 peers (1 in)',
    ],
    [status({ phase: 'synced', height: 1_000 }), 'regtest  in sync  1000  9 peers (1 in)'],
    [status({ phase: 'stopping' }), 'regtest  stopping  250  9 peers (1 in)'],
  ])('%j', (snapshot, line) => {
    expect(renderStatus(snapshot, rates, 150)).toBe(line);
  });

  test('100% only when it is done', () => {
    const at = (height: number): string => renderStatus(status({ height, headers: 100_000 }), rates, 60);
    expect([at(99_999), at(100_000)]).toEqual([
      expect.stringContaining(' 99.9%'),
      expect.stringContaining(' 100%'),
    ]);
    expect(at(100_000)).not.toContain('>');
  });

  test('units of time and amounts', () => {
    const left = (secondsLeft: number): string =>
      plainStatus(status(), { ...rates, secondsLeft })
        .match(/[^,]*(?= left)/)![0]
        .trim();
    expect([0.2, 59, 60, 200, 3_600, 7_500, 86_400, 530_000].map(left)).toEqual([
      '1s',
      '59s',
      '1m',
      '3m 20s',
      '1h',
      '2h 5m',
      '1d',
      '6d 3h',
    ]);
    const speed = (itemsPerSecond: number): string =>
      plainStatus(status(), { ...rates, itemsPerSecond }).match(/[^ ]*(?= blocks\/s)/)![0];
    expect([0, 0.04, 1, 4.24, 9.96, 950, 999.6, 12_345, 3_400_000].map(speed)).toEqual([
      '0',
      '0',
      '1',
      '4.2',
      '10',
      '950',
      '1k',
      '12k',
      '3.4M',
    ]);
  });

  test('property: one line of printable ASCII that fits, whatever the state', () => {
    const anything = fc.record({
      phase: fc.constantFrom(...phases),
      chain: fc.constantFrom('main', 'testnet4'),
      height: fc.nat(2 ** 31),
      headers: fc.nat(2 ** 31),
      presyncHeight: fc.nat(2 ** 31),
      expectedHeight: fc.nat(2 ** 31),
      inbound: fc.nat(10_000),
      outbound: fc.nat(100),
      received: fc.nat(),
      loaded: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const speeds = fc.record({
      itemsPerSecond: fc.double({ min: 0, max: 1e9, noNaN: true }),
      bytesPerSecond: fc.double({ min: 0, max: 1e13, noNaN: true }),
      secondsLeft: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined }),
    });
    fc.assert(
      fc.property(anything, speeds, fc.nat(200), (snapshot, speed, width) => {
        const line = renderStatus(snapshot, speed, width);
        expect(line.length).toBeLessThanOrEqual(width);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        expect(plainStatus(snapshot, speed)).toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('rates', () => {
  test('of the last seconds, anew in each phase, never negative', () => {
    const meter = new RateMeter();
    expect(meter.update(status({ height: 0 }), 0)).toEqual({
      itemsPerSecond: 0,
      bytesPerSecond: 0,
      secondsLeft: undefined,
    });
    expect(meter.update(status({ height: 100, received: 5_000 }), 1_000)).toEqual({
      itemsPerSecond: 100,
      bytesPerSecond: 5_000,
      secondsLeft: 9,
    });
    // A minute of nothing: what was before is forgotten.
    for (let time = 2_000; time <= 62_000; time += 1_000)
      meter.update(status({ height: 100, received: 5_000 }), time);
    expect(meter.update(status({ height: 300, received: 5_000 }), 63_000).itemsPerSecond).toBeCloseTo(
      10,
      0,
    );
    expect(meter.update(status({ height: 50, received: 5_000 }), 64_000).itemsPerSecond).toBe(0);
    expect(meter.update(status({ phase: 'synced' }), 65_000)).toEqual({
      itemsPerSecond: 0,
      bytesPerSecond: 0,
      secondsLeft: undefined,
    });
  });
});

/** A terminal that shows what its screen would, for the control sequences that are used. */
class Screen implements OutputStream {
  readonly isTTY: boolean;
  columns: number;
  lines = [''];
  written = '';
  #row = 0;
  #column = 0;
  readonly #listeners = new Map<string, Set<(error: Error) => void>>();

  constructor(columns = 80, isTTY = true) {
    this.columns = columns;
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.written += text;
    // oxlint-disable-next-line no-control-regex
    for (const [part] of text.matchAll(/\u001b\[(\d*)([A-Z])|[^]/g)) this.#put(part);
  }

  on(event: string, listener: (error: Error) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: (error: Error) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  listeners(event: string): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  emit(event: string): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(new Error(event));
  }

  /** Becomes narrower, breaking the lines that no longer fit, as most terminals do. */
  resize(columns: number): void {
    this.columns = columns;
    const broken = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    this.#row += broken.length - this.lines.length;
    this.lines = broken;
    this.#column = broken.at(-1)!.length;
    this.emit('resize');
  }

  #put(part: string): void {
    const line = this.lines[this.#row]!;
    if (part === '\r') this.#column = 0;
    else if (part === '\n') {
      this.#row++;
      this.#column = 0;
      if (this.#row === this.lines.length) this.lines.push('');
    } else if (part === '\u001b[K') this.lines[this.#row] = line.slice(0, this.#column);
    else if (part === '\u001b[J') {
      this.lines.length = this.#row + 1;
      this.lines[this.#row] = line.slice(0, this.#column);
    } else if (part.endsWith('A') && part.startsWith('\u001b')) this.#row -= Number(part.slice(2, -1));
    else if (part.length === 1) {
      if (this.#column >= this.columns) throw new Error('the line is full');
      this.lines[this.#row] = line.slice(0, this.#column) + part + line.slice(this.#column + 1);
      this.#column++;
    } else throw new Error(`unknown sequence ${JSON.stringify(part)}`);
  }
}

describe('a terminal', () => {
  const opened = (
    screen: Screen,
    options = {},
  ): { display: ConsoleDisplay; tick: (ms: number) => void } => {
    let time = 0;
    const display = new ConsoleDisplay({
      stream: screen,
      status: true,
      terminal: 'xterm',
      now: () => time,
      ...options,
    });
    return { display, tick: (ms) => void (time += ms) };
  };
  const shown = (changes: Partial<StatusSnapshot>): Partial<StatusSnapshot> => ({
    phase: 'synced',
    chain: 'main',
    ...changes,
  });

  test('has one line that changes, with what is printed above it', () => {
    const screen = new Screen();
    const { display, tick } = opened(screen);
    display.update(status(shown({ height: 1_000 })));
    expect(screen.lines).toEqual(['in sync  1000  9 peers (1 in)']);
    tick(100);
    display.update(status(shown({ height: 1, inbound: 0 })));
    expect(screen.lines).toEqual(['in sync  1  8 peers']);
    display.print('a line of the log that is long enough\n');
    expect(screen.lines).toEqual(['a line of the log that is long enough', 'in sync  1  8 peers']);
    display.stop();
    expect(screen.lines).toEqual(['a line of the log that is long enough', 'in sync  1  8 peers', '']);
    expect(screen.listeners('resize')).toBe(0);
    display.print('later\n');
    expect(screen.lines.at(-2)).toBe('later');
    display.update(status());
    display.stop();
    expect(screen.lines.length).toBe(4);
  });

  test('is not drawn more often than people see', () => {
    const screen = new Screen();
    const { display, tick } = opened(screen);
    for (let height = 0; height < 1_000; height++) {
      display.update(status(shown({ height })));
      tick(1);
    }
    expect(screen.written.split('\r').length - 1).toBe(10);
    display.update(status(shown({ phase: 'stopping', height: 5 })));
    expect(screen.lines).toEqual(['stopping  5  9 peers (1 in)']);
    display.update(status(shown({ phase: 'stopping', height: 6 })));
    display.stop();
    expect(screen.lines[0]).toBe('stopping  6  9 peers (1 in)');
  });

  test('may change its width at any time', () => {
    const screen = new Screen(120);
    const { display, tick } = opened(screen);
    display.print('a log line\n');
    display.update(status());
    for (const columns of [100, 40, 30, 21, 12, 5, 2, 60, 120]) {
      screen.resize(columns);
      tick(100);
      display.update(status({ inbound: columns }));
      // Above the status stands the log, perhaps broken into lines, and nothing else.
      const [last, ...log] = screen.lines.toReversed();
      expect(log.toReversed().join('')).toBe('a log line');
      expect(last!.length).toBeLessThan(columns);
      if (columns >= 5) expect(last).toContain('250');
    }
    display.stop();
  });

  test('uses no colours, modes or cursor tricks that would outlive a killed node', () => {
    const screen = new Screen(100);
    const { display } = opened(screen);
    display.update(status());
    screen.resize(30);
    display.print('x\n');
    display.stop();
    // oxlint-disable-next-line no-control-regex
    const found = screen.written.matchAll(/\u001b[^A-Za-z]*[A-Za-z]/g);
    const sequences = new Set([...found].map(([sequence]) => sequence.slice(1)));
    for (const sequence of sequences) expect(sequence).toMatch(/^\[(\d+A|K|J)$/);
  });

  test('whose reader is gone stops nothing', () => {
    const screen = new Screen();
    const { display } = opened(screen);
    display.update(status());
    screen.emit('error');
    const before = screen.written;
    display.update(status({ phase: 'synced' }));
    display.print('x\n');
    display.stop();
    expect(screen.written).toBe(before);
  });

  test.each([
    ['no terminal', new Screen(200, false), {}],
    ['a dumb one', new Screen(200, true), { terminal: 'dumb' }],
  ])('%s: plain lines, at each new phase and every ten seconds', (_, screen, options) => {
    const { display, tick } = opened(screen, options);
    for (let second = 0; second <= 12; second++) {
      display.update(status(second < 11 ? { height: second } : shown({})));
      tick(1_000);
    }
    display.print('log\n');
    display.stop();
    expect(screen.lines).toEqual([
      'syncing blocks, height 0, headers 1000, 0.0%, 0 blocks/s, 0B/s, 9 peers (1 in)',
      'syncing blocks, height 10, headers 1000, 1.0%, 1 blocks/s, 0B/s, 16m 30s left, 9 peers (1 in)',
      'in sync, height 250, headers 1000, 9 peers (1 in)',
      'log',
      '',
    ]);
    expect(screen.written).not.toContain('\u001b');
  });

  test('no status with -printtoconsole=0, nor beside a log that goes to a file', () => {
    for (const options of [{ status: false }, { logs: true }]) {
      const screen = new Screen(80, false);
      const { display } = opened(screen, options);
      display.update(status());
      display.print('log\n');
      display.stop();
      expect(screen.lines).toEqual(['log', '']);
    }
  });
});
