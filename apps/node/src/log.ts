import { closeSync, fstatSync, openSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { NodeError } from './node-error.ts';
import type { LogCategory } from './options.ts';
import { callerLocation } from './source-location.ts';

/** How much a message matters, least first. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error';

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warning', 'error'];

/** What the log contains and where it goes. */
export interface LogSettings {
  /** Path of the file; relative to the directory of the chain. Undefined: no file. */
  readonly file: string | undefined;
  /** Also print every line on the console. */
  readonly console: boolean;
  readonly timestamps: boolean;
  readonly timeMicros: boolean;
  readonly threadNames: boolean;
  /** Put the place in the source that a line comes from in front of it. */
  readonly sourceLocations: boolean;
  /** Put category and level in front of every line. */
  readonly levelAlways: boolean;
  /** Categories whose `debug` and `trace` messages are logged at all. */
  readonly categories: ReadonlySet<LogCategory>;
  /** The least level of theirs that is logged. */
  readonly level: LogLevel;
  /** The same for single categories. */
  readonly categoryLevels: ReadonlyMap<LogCategory, LogLevel>;
  /** Cut a long file to its end when it is opened. */
  readonly shrink: boolean;
}

/** Core `RECENT_DEBUG_HISTORY_SIZE` (logging.cpp): bytes of the log that survive a cut. */
export const RECENT_DEBUG_HISTORY_SIZE = 10_000_000;
/** Core `DEFAULT_MAX_LOG_BUFFER` (logging.h): characters kept until the file is open. */
export const DEFAULT_MAX_LOG_BUFFER = 1_000_000;
/** The one thread that does everything here. */
const THREAD_NAME = 'main';

/**
 * The log, in the format of bitcoind's debug.log: `2026-11-22T10:00:00Z [net] text`.
 *
 * A line is with the kernel when the call that logs it returns: nothing is lost if the process is
 * killed, and whoever follows the file sees it at once. Lines logged before {@link open} wait. A log
 * that cannot be written (its disk is full, say) never stops the node.
 */
export class Log {
  readonly #settings: LogSettings;
  readonly #clock: MicrosecondClock;
  readonly #categories: Set<LogCategory>;
  #print: (line: string) => void;
  #waiting: string[] | undefined = [];
  #waitingSize = 0;
  #discarded = 0;
  #path: string | undefined;
  #file: number | undefined;
  #mockTime = 0;

  /**
   * @param print prints a line, which ends with a newline, on the console
   * @param now the time in milliseconds since 1970
   */
  constructor(
    settings: LogSettings,
    print: (line: string) => void = (line) => process.stdout.write(line),
    now: () => number = Date.now,
  ) {
    this.#settings = settings;
    this.#clock = new MicrosecondClock(now);
    this.#categories = new Set(settings.categories);
    this.#print = print;
  }

  /** Where the file is; undefined until it is open, or if there is none. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Sends console lines through another function from now on, a display's for example. */
  printThrough(print: (line: string) => void): void {
    this.#print = print;
  }

  /**
   * Opens the file, and writes what waits. Five empty lines set this run apart from the last.
   *
   * @param directory what a relative path starts from
   * @throws NodeError `io`
   */
  open(directory: string): void {
    if (this.#settings.file !== undefined) {
      const path = resolve(directory, this.#settings.file);
      if (this.#settings.shrink) shrink(path);
      try {
        this.#file = openSync(path, 'a');
      } catch (error) {
        throw new NodeError('io', `Could not open debug log file ${path}`, { cause: error });
      }
      this.#path = path;
      this.#append('\n\n\n\n\n');
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (this.#discarded > 0) {
      this.info(`Early logging buffer overflowed, ${this.#discarded} log lines discarded.`);
    }
    for (const line of waiting) this.#emit(line);
  }

  /** Opens the file anew, because something moved it (on SIGHUP). */
  reopen(): void {
    if (this.#path === undefined || this.#file === undefined) return;
    try {
      const file = openSync(this.#path, 'a');
      closeSync(this.#file);
      this.#file = file;
    } catch {
      // As Core: the file that is open stays in use.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#waiting = undefined;
  }

  /** Shows this time beside the real one from now on; 0 ends that. Unix seconds. */
  setMockTime(time: number): void {
    this.#mockTime = time;
  }

  /** Turns debug messages of a category on or off. */
  setCategory(category: LogCategory, on: boolean): void {
    if (on) this.#categories.add(category);
    else this.#categories.delete(category);
  }

  /** Whether such a message is logged: ask before building a costly one. */
  isLogged(category: LogCategory, level: LogLevel = 'debug'): boolean {
    const rank = LEVELS.indexOf(level);
    if (rank >= LEVELS.indexOf('info')) return true;
    if (!this.#categories.has(category)) return false;
    return rank >= LEVELS.indexOf(this.#settings.categoryLevels.get(category) ?? this.#settings.level);
  }

  info(text: string, category?: LogCategory): void {
    this.#log(text, 'info', category, this.info);
  }

  warning(text: string, category?: LogCategory): void {
    this.#log(text, 'warning', category, this.warning);
  }

  error(text: string, category?: LogCategory): void {
    this.#log(text, 'error', category, this.error);
  }

  debug(category: LogCategory, text: string): void {
    if (this.isLogged(category, 'debug')) this.#log(text, 'debug', category, this.debug);
  }

  trace(category: LogCategory, text: string): void {
    if (this.isLogged(category, 'trace')) this.#log(text, 'trace', category, this.trace);
  }

  #log(
    text: string,
    level: LogLevel,
    category: LogCategory | undefined,
    method: (...args: never) => void,
  ): void {
    const place = this.#settings.sourceLocations ? `${callerLocation(method)} ` : '';
    const thread = this.#settings.threadNames ? `[${THREAD_NAME}] ` : '';
    const origin = `${this.#timestamp()}${thread}${place}`;
    const line = `${origin}${this.#prefix(level, category)}${escapeControls(text)}`;
    const whole = line.endsWith('\n') ? line : `${line}\n`;
    if (this.#waiting === undefined) this.#emit(whole);
    else this.#hold(this.#waiting, whole);
  }

  #hold(waiting: string[], line: string): void {
    waiting.push(line);
    this.#waitingSize += line.length;
    while (this.#waitingSize > DEFAULT_MAX_LOG_BUFFER) {
      this.#waitingSize -= waiting.shift()?.length ?? this.#waitingSize;
      this.#discarded++;
    }
  }

  #emit(line: string): void {
    if (this.#settings.console) this.#print(line);
    this.#append(line);
  }

  #append(text: string): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, text);
    } catch {
      // There is nowhere left to say so, and the node is worth more than its log.
    }
  }

  #timestamp(): string {
    if (!this.#settings.timestamps) return '';
    const micros = this.#clock.now();
    const seconds = isoSeconds(Math.floor(micros / 1_000_000));
    const fraction = this.#settings.timeMicros ? `.${String(micros % 1_000_000).padStart(6, '0')}` : '';
    const mock = this.#mockTime > 0 ? ` (mocktime: ${isoSeconds(this.#mockTime)}Z)` : '';
    return `${seconds}${fraction}Z${mock} `;
  }

  /**
   * `[net] `, `[net:warning] `, `[error] `: what goes without saying is not said, that is level
   * `debug` with a category and `info` without (Core `Logger::GetLogPrefix`).
   */
  #prefix(level: LogLevel, category: LogCategory | undefined): string {
    const always = this.#settings.levelAlways;
    const name = category ?? (always ? 'all' : '');
    if (name === '' && level === 'info') return '';
    const shown = always || name === '' || level !== 'debug' ? level : '';
    return `[${name}${name !== '' && shown !== '' ? ':' : ''}${shown}] `;
  }
}

/** `2026-11-22T10:00:00`, without the Z. */
function isoSeconds(unix: number): string {
  // Beyond what a Date can hold there is still a number to show.
  if (!(Math.abs(unix) <= 8_640_000_000_000)) return String(unix);
  return new Date(unix * 1_000).toISOString().slice(0, -'.000Z'.length);
}

/** Control characters other than the newline as `\x1b`: a peer's text must not steer a terminal. */
function escapeControls(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u0009\u000b-\u001f\u007f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Cuts a log that is a tenth longer than what is to be kept to that (Core `ShrinkDebugFile`). */
function shrink(path: string): void {
  try {
    if (statSync(path).size <= (RECENT_DEBUG_HISTORY_SIZE / 10) * 11) return;
    const file = openSync(path, 'r');
    const recent = new Uint8Array(RECENT_DEBUG_HISTORY_SIZE);
    try {
      const { size } = fstatSync(file);
      const length = readSync(file, recent, 0, recent.length, size - recent.length);
      writeFileSync(path, recent.subarray(0, length));
    } finally {
      closeSync(file);
    }
  } catch {
    // No file yet, or none that can be cut: then it grows.
  }
}

/**
 * Microseconds since 1970. The clock of the system, which has milliseconds here, refined by the
 * monotonic one for as long as the two agree.
 */
class MicrosecondClock {
  readonly #now: () => number;
  #offset = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  now(): number {
    const milliseconds = this.#now();
    const steady = performance.now();
    if (Math.abs(steady + this.#offset - milliseconds) > 1) this.#offset = milliseconds - steady;
    return Math.floor((steady + this.#offset) * 1_000);
  }
}
