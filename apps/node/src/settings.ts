import { configLines, configurationError, type SectionMention } from './config-lines.ts';
import { NodeError } from './node-error.ts';
import type { OptionDefinition } from './options.ts';
import {
  negatedCount,
  onlyInDefaultSection,
  settingListOf,
  settingOf,
  type SettingQuery,
  type SettingSources,
  type SettingValue,
  type SettingValues,
} from './setting-sources.ts';

/** What the configuration has to say that is no error: for the log. */
export interface Notice {
  readonly level: 'info' | 'warning';
  readonly text: string;
}

/** The parts of `regtest.nolisten`: section `regtest`, name `listen`, negated. */
interface Key {
  readonly section: string;
  readonly name: string;
  readonly negated: boolean;
}

/** Splits a key (Core `InterpretKey`): up to the first dot is the section; `no` in front negates. */
function parseKey(text: string): Key {
  const dot = text.indexOf('.');
  const name = text.slice(dot + 1);
  const negated = name.startsWith('no');
  return { section: text.slice(0, Math.max(dot, 0)), name: negated ? name.slice(2) : name, negated };
}

/**
 * The options of one run: what the command line and the configuration file gave, and what they
 * amount to (Core `ArgsManager`). Names are without a dash.
 */
export class Settings {
  readonly #table: ReadonlyMap<string, OptionDefinition>;
  readonly #sources: SettingSources = { forced: new Map(), commandLine: new Map(), configFile: new Map() };
  readonly #sections: SectionMention[] = [];
  readonly #notices: Notice[] = [];
  #looseToken: string | undefined;
  #chain = '';

  /** @param options the options that exist; anything else is refused on the command line */
  constructor(options: readonly OptionDefinition[]) {
    this.#table = new Map(options.map((option) => [option.name, option]));
  }

  /** What was noticed so far, in order. */
  get notices(): readonly Notice[] {
    return this.#notices;
  }

  /** Sections that configuration files mention, in order. */
  get sections(): readonly SectionMention[] {
    return this.#sections;
  }

  /** The first argument that is no option. What follows it was not read. */
  get looseToken(): string | undefined {
    return this.#looseToken;
  }

  /**
   * Reads command-line arguments (without the program's own name), in place of earlier ones. One
   * dash or two, `-x`, `-x=value`, `-nox`. Reading ends at the first argument without a dash.
   *
   * @throws NodeError `command-line`
   */
  readCommandLine(args: readonly string[]): void {
    this.#sources.commandLine.clear();
    this.#looseToken = undefined;
    for (const argument of args) {
      if (argument === '-') break;
      if (!argument.startsWith('-')) {
        this.#looseToken = argument;
        break;
      }
      const equals = argument.indexOf('=');
      const text = argument.slice(0, equals < 0 ? undefined : equals).replace(/^--?/, '');
      const value = equals < 0 ? undefined : argument.slice(equals + 1);
      const key = parseKey(text);
      const option = this.#table.get(key.name);
      if (option === undefined || key.section !== '' || text.startsWith('.')) {
        throw commandLineError(`Invalid parameter ${argument}`);
      }
      append(this.#sources.commandLine, key.name, this.#interpret(key, value, option, commandLineError));
    }
    // A file may include files; the command line may only forbid it.
    const included = this.#sources.commandLine.get('includeconf') ?? [];
    const first = included.slice(negatedCount(included))[0];
    if (first !== undefined) {
      throw commandLineError(
        `-includeconf cannot be used from commandline; -includeconf=${JSON.stringify(first)}`,
      );
    }
  }

  /**
   * Reads the text of a configuration file, after what was read before. Options that do not exist
   * are noticed, not refused: a file may be shared with bitcoind.
   *
   * @param file its name, for notices
   * @throws NodeError `configuration`
   */
  readConfigFile(text: string, file: string): void {
    const mention = (section: SectionMention): unknown => this.#sections.push(section);
    for (const [keyText, value] of configLines(text, file, mention)) {
      const key = parseKey(keyText);
      if (key.name === 'conf') {
        throw configurationError(
          'conf cannot be set in the configuration file; ' +
            'use includeconf= if you want to include additional config files',
        );
      }
      const option = this.#table.get(key.name);
      if (option === undefined) {
        this.notice(`Ignoring unknown configuration value ${keyText}`);
        continue;
      }
      const section = this.#sources.configFile.get(key.section) ?? new Map<string, SettingValue[]>();
      this.#sources.configFile.set(key.section, section);
      append(section, key.name, this.#interpret(key, value, option, configurationError));
    }
  }

  /** From here on this chain's section applies, and the default section's chain-dependent options do not. */
  selectChain(chain: string): void {
    this.#chain = chain;
  }

  /** Whether the option has a value or is negated. */
  isSet(name: string): boolean {
    return this.#setting(name) !== undefined;
  }

  isNegated(name: string): boolean {
    return this.#setting(name) === false;
  }

  /** As text: `''` where no value was given, `0` and `1` for negations. */
  text(name: string): string | undefined {
    const value = this.#setting(name);
    return value === undefined ? undefined : settingText(value);
  }

  /** As a whole number of 64 bits, as Core reads one: what is no number is 0. */
  integer(name: string): bigint | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseInteger(text);
  }

  /** As a switch: on if it has no value or a number other than 0, else off (`-x=true` is off). */
  flag(name: string): boolean | undefined {
    const value = this.#setting(name);
    return value === undefined ? undefined : settingFlag(value);
  }

  /** Every value of an option that may be repeated. */
  list(name: string): string[] {
    return settingListOf(this.#sources, this.#query(name)).map(settingText);
  }

  /** Whether `-testnet` or another option that selects a chain is on. */
  chainFlag(name: string): boolean {
    const value = settingOf(this.#sources, { section: '', name, selectsChain: true });
    return value !== undefined && settingFlag(value);
  }

  /** Sets the option if nothing else does, because `reason` implies it. Says whether it did. */
  softSet(name: string, value: string, reason?: string): boolean {
    if (this.isSet(name)) return false;
    this.forceSet(name, value);
    if (reason !== undefined) {
      this.notice(`parameter interaction: ${reason} -> setting -${name}=${value}`);
    }
    return true;
  }

  /** Sets the option over everything that was given. */
  forceSet(name: string, value: string): void {
    this.#sources.forced.set(name, value);
  }

  /**
   * Options that differ between chains, and that a file sets for no chain in particular while a test
   * chain runs: dashless names, sorted.
   */
  unsuitableOptions(): string[] {
    if (this.#chain === '' || this.#chain === 'main') return [];
    return [...this.#table.values()]
      .filter((option) => option.flags?.includes('network-only') === true)
      .filter(({ name }) => onlyInDefaultSection(this.#sources, { section: this.#chain, name }))
      .map(({ name }) => name)
      .sort();
  }

  /** Files that a section of the configuration file wants included, as written there. */
  includes(section: string): string[] {
    const values = this.#sources.configFile.get(section)?.get('includeconf') ?? [];
    return values.slice(negatedCount(values)).map(settingText);
  }

  /** Whether the command line forbids to include files (`-noincludeconf`). */
  get includesForbidden(): boolean {
    return this.#sources.commandLine.has('includeconf');
  }

  /** What was given and where, a line for each value, for the log. Secrets are starred out. */
  argumentLines(): string[] {
    const lines: string[] = [];
    const add = (prefix: string, values: SettingValues): void => {
      for (const [name, list] of sorted(values)) {
        const secret = this.#table.get(name)?.flags?.includes('sensitive') === true;
        for (const value of list) lines.push(`${prefix}${name}=${secret ? '****' : JSON.stringify(value)}`);
      }
    };
    for (const [section, values] of sorted(this.#sources.configFile)) {
      add(section === '' ? 'Config file arg: ' : `Config file arg: [${section}] `, values);
    }
    add('Command-line arg: ', this.#sources.commandLine);
    return lines;
  }

  notice(text: string, level: Notice['level'] = 'info'): void {
    this.#notices.push({ level, text });
  }

  #setting(name: string): SettingValue | undefined {
    return settingOf(this.#sources, this.#query(name));
  }

  #query(name: string): SettingQuery {
    const networkOnly = this.#table.get(name)?.flags?.includes('network-only') === true;
    return { section: this.#chain, name, ignoreDefaultSection: networkOnly && this.#chain !== 'main' };
  }

  /** A value as it counts, given its key (Core `InterpretValue`). */
  #interpret(
    key: Key,
    value: string | undefined,
    option: OptionDefinition,
    fail: (message: string) => NodeError,
  ): SettingValue {
    if (!key.negated) {
      if (value === undefined && option.flags?.includes('disallow-elision') === true) {
        throw fail(
          `Can not set -${key.name} with no value. Please specify value with -${key.name}=value.`,
        );
      }
      return value ?? '';
    }
    if (option.flags?.includes('disallow-negation') === true) {
      throw fail(`Negating of -${key.name} is meaningless and therefore forbidden`);
    }
    if (value !== undefined && !settingFlag(value)) {
      this.notice(
        `Warning: parsed potentially confusing double-negative -${key.name}=${value}`,
      );
      return true;
    }
    return false;
  }
}

/**
 * A whole number at the start of text, cut to 64 bits signed; 0 if there is none (Core
 * `LocaleIndependentAtoi`, util/strencodings.h).
 */
export function parseInteger(text: string): bigint {
  const trimmed = text.replace(/^[ \f\n\r\t\v]+/, '');
  const digits = /^(?:\+(?!-))?(-?\d+)/.exec(trimmed)?.[1];
  if (digits === undefined) return 0n;
  const value = BigInt(digits);
  const limit = 2n ** 63n;
  if (value >= limit) return limit - 1n;
  return value < -limit ? -limit : value;
}

function settingText(value: SettingValue): string {
  return typeof value === 'string' ? value : value ? '1' : '0';
}

function settingFlag(value: SettingValue): boolean {
  if (typeof value === 'boolean') return value;
  return value === '' || parseInteger(value) !== 0n;
}

function append(values: SettingValues, name: string, value: SettingValue): void {
  const list = values.get(name);
  if (list === undefined) values.set(name, [value]);
  else list.push(value);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function commandLineError(message: string): NodeError {
  return new NodeError('command-line', `Error parsing command line arguments: ${message}`);
}
