import { plainStatus, renderStatus } from './display.ts';
import { RateMeter, type Rates, type StatusSnapshot } from './status.ts';

/** The part of a `process.stdout` that is used. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Columns of a terminal that does not say. */
const DEFAULT_WIDTH = 80;
/** Milliseconds between two drawings on a terminal, and between two plain lines of one phase. */
const DRAW_INTERVAL = 100;
const LINE_INTERVAL = 10_000;

/** How a {@link ConsoleDisplay} is made. */
export interface ConsoleDisplayOptions {
  readonly stream: OutputStream;
  /** Show the status. Without it only {@link ConsoleDisplay.print} writes. */
  readonly status: boolean;
  /** Log lines go to the same console: where it is no terminal, they say enough. */
  readonly logs?: boolean;
  /** Terminals of type `dumb` get plain lines. Default: the environment's `TERM`. */
  readonly terminal?: string | undefined;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/**
 * Shows the status of the node on the console: on a terminal as one line that is drawn over and over,
 * with whatever else is printed above it; anywhere else as plain lines, one at each change of phase
 * and every 10 seconds.
 *
 * Rationale: the line is the only thing that is ever changed on the terminal. The cursor stays
 * visible, there are no colours, modes or other screens, and line and cursor are left such that
 * anything printed next is readable. So a node that is killed leaves a terminal in order.
 */
export class ConsoleDisplay {
  readonly #stream: OutputStream;
  readonly #now: () => number;
  readonly #live: boolean;
  readonly #plain: boolean;
  readonly #meter = new RateMeter();
  readonly #onResize = (): void => this.#resized();
  /** The line on the screen. */
  #line = '';
  #latest: { readonly status: StatusSnapshot; readonly rates: Rates } | undefined;
  #drawn: { readonly phase: string; readonly time: number } | undefined;
  #stopped = false;
  #broken = false;

  constructor(options: ConsoleDisplayOptions) {
    this.#stream = options.stream;
    this.#now = options.now ?? (() => performance.now());
    const terminal = 'terminal' in options ? options.terminal : process.env['TERM'];
    const isTerminal = options.stream.isTTY === true && terminal !== 'dumb';
    this.#live = options.status && isTerminal;
    this.#plain = options.status && !isTerminal && options.logs !== true;
    if (this.#live) options.stream.on('resize', this.#onResize);
    // Whoever read our output is gone (`| head`). The node goes on without it.
    options.stream.on('error', () => {
      this.#broken = true;
      this.#stopped = true;
    });
  }

  /** Shows this status, unless the last was shown just before. */
  update(status: StatusSnapshot): void {
    if (this.#stopped) return;
    const time = this.#now();
    const rates = this.#meter.update(status, time);
    this.#latest = { status, rates };
    const interval = this.#live ? DRAW_INTERVAL : LINE_INTERVAL;
    const drawn = this.#drawn;
    if (drawn !== undefined && drawn.phase === status.phase && time - drawn.time < interval) return;
    this.#drawn = { phase: status.phase, time };
    if (this.#live) this.#draw();
    else if (this.#plain) this.#stream.write(`${plainStatus(status, rates)}\n`);
  }

  /** Prints text that ends with a newline, above the status. */
  print(text: string): void {
    if (this.#broken) return;
    const line = this.#line;
    this.#stream.write(line === '' ? text : `\r\u001b[K${text}${line}`);
  }

  /** Leaves the last status on the screen, the cursor below it. What is printed later comes after. */
  stop(): void {
    if (this.#stopped) return;
    if (this.#live) this.#draw();
    this.#stopped = true;
    if (this.#line !== '') this.#stream.write('\n');
    this.#line = '';
    this.#stream.off('resize', this.#onResize);
  }

  #draw(): void {
    if (this.#latest === undefined) return;
    // The last column stays free: terminals differ in what follows a line that is full.
    const width = (this.#stream.columns || DEFAULT_WIDTH) - 1;
    const line = renderStatus(this.#latest.status, this.#latest.rates, width);
    if (line === this.#line) return;
    this.#stream.write(`\r${line}${line.length < this.#line.length ? '\u001b[K' : ''}`);
    this.#line = line;
  }

  /** A terminal that became narrower has broken our line into several: clear all of them. */
  #resized(): void {
    if (this.#stopped || this.#line === '') return;
    const columns = this.#stream.columns || DEFAULT_WIDTH;
    const above = Math.floor((this.#line.length - 1) / columns);
    this.#stream.write(`${above > 0 ? `\u001b[${above}A` : ''}\r\u001b[J`);
    this.#line = '';
    this.#draw();
  }
}
