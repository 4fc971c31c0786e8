/**
 * One value of an option: text, or what a negation made of it: `false` for `-nofoo`, `true` for the
 * double negative `-nofoo=0` (Core `common::SettingsValue`).
 */
export type SettingValue = string | boolean;

/** Values of options by name, in the order in which they were given. */
export type SettingValues = Map<string, SettingValue[]>;

/** Where settings come from, highest precedence first (Core `common::Settings`). */
export interface SettingSources {
  /** Set by the program itself, because another option implies it. */
  readonly forced: Map<string, SettingValue>;
  readonly commandLine: SettingValues;
  /** By section; what stands before any section is in `''`. */
  readonly configFile: Map<string, SettingValues>;
}

/** Whose values are asked for, and how. */
export interface SettingQuery {
  /** The chain, which is also the section of the configuration file that applies. */
  readonly section: string;
  readonly name: string;
  /** Values outside sections do not count: the option would mean something else on another chain. */
  readonly ignoreDefaultSection?: boolean;
  /** The option selects the chain: {@link settingOf} then has rules of its own. */
  readonly selectsChain?: boolean;
}

type SourceKind = 'forced' | 'command-line' | 'config-section' | 'config-default';

/** The values that one source has for the name, highest precedence first. Sources without any are skipped. */
function* sourcesOf(
  sources: SettingSources,
  { section, name }: SettingQuery,
): Generator<readonly [SourceKind, readonly SettingValue[]]> {
  const forced = sources.forced.get(name);
  if (forced !== undefined) yield ['forced', [forced]];
  const commandLine = sources.commandLine.get(name);
  if (commandLine !== undefined) yield ['command-line', commandLine];
  const ofSection = section === '' ? undefined : sources.configFile.get(section)?.get(name);
  if (ofSection !== undefined) yield ['config-section', ofSection];
  const ofDefault = sources.configFile.get('')?.get(name);
  if (ofDefault !== undefined) yield ['config-default', ofDefault];
}

/** How many values the last negation takes back: it and everything before it. */
export function negatedCount(values: readonly SettingValue[]): number {
  return values.lastIndexOf(false) + 1;
}

function lastNegated(values: readonly SettingValue[]): boolean {
  return values.at(-1) === false;
}

/**
 * The value of an option that has one, or undefined if it is not set.
 *
 * Specification (Core `common::GetSetting`): the source of highest precedence that sets the option
 * decides. On the command line its last value counts, in the configuration file its first, because
 * files were always read so; but an option that selects the chain counts last-wins in both. A
 * negation outside sections also reaches options that ignore the default section. A negated chain
 * (`-noregtest`) on the command line does not hide the file's.
 */
export function settingOf(sources: SettingSources, query: SettingQuery): SettingValue | undefined {
  const selectsChain = query.selectsChain === true;
  for (const [kind, values] of sourcesOf(sources, query)) {
    const negated = lastNegated(values);
    if (query.ignoreDefaultSection === true && kind === 'config-default' && !negated) continue;
    if (selectsChain && negated) continue;
    if (negated) return false;
    const fromFile = kind === 'config-section' || kind === 'config-default';
    if (values.length > 0) return fromFile && !selectsChain ? values[negatedCount(values)] : values.at(-1);
  }
  return undefined;
}

/**
 * All values of an option that may be given many times.
 *
 * Specification (Core `common::GetSettingsList`): the command line's, then the file's section's,
 * then the file's default section's. A negation drops what stands before it, and stops lower
 * sources; but where a value follows the negation on the command line, the file's come back.
 */
export function settingListOf(sources: SettingSources, query: SettingQuery): SettingValue[] {
  const result: SettingValue[] = [];
  let complete = false;
  let negatedAndEmpty = false;
  for (const [kind, values] of sourcesOf(sources, query)) {
    const fromFile = kind === 'config-section' || kind === 'config-default';
    if (query.ignoreDefaultSection === true && kind === 'config-default') continue;
    if (!complete || (fromFile && !negatedAndEmpty)) result.push(...values.slice(negatedCount(values)));
    if (negatedCount(values) > 0 || kind === 'forced') complete = true;
    if (lastNegated(values) && result.length === 0) negatedAndEmpty = true;
  }
  return result;
}

/**
 * Whether the option is set outside sections of the file, and nowhere else (Core
 * `OnlyHasDefaultSectionSetting`).
 */
export function onlyInDefaultSection(sources: SettingSources, query: SettingQuery): boolean {
  let inDefault = false;
  for (const [kind, values] of sourcesOf(sources, query)) {
    if (values.length === 0 || lastNegated(values)) continue;
    if (kind !== 'config-default') return false;
    inDefault = true;
  }
  return inDefault;
}
