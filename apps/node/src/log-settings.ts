import type { LogLevel, LogSettings } from './log.ts';
import { NodeError } from './node-error.ts';
import { DEFAULT_DEBUGLOGFILE, LOG_CATEGORIES, type LogCategory } from './options.ts';
import type { Settings } from './settings.ts';

/** Levels that `-loglevel` takes. Warnings and errors are always logged (Core `LogLevelsList`). */
const SELECTABLE_LEVELS: readonly LogLevel[] = ['info', 'debug', 'trace'];

/**
 * What the options say about the log (Core init/common.cpp).
 *
 * @throws NodeError `option` for a category or level that does not exist
 */
export function logSettings(settings: Settings): LogSettings {
  const categories = enabledCategories(settings);
  return {
    file: settings.isNegated('debuglogfile')
      ? undefined
      : settings.text('debuglogfile') || DEFAULT_DEBUGLOGFILE,
    console: settings.flag('printtoconsole') ?? false,
    timestamps: settings.flag('logtimestamps') ?? true,
    timeMicros: settings.flag('logtimemicros') ?? false,
    threadNames: settings.flag('logthreadnames') ?? false,
    sourceLocations: settings.flag('logsourcelocations') ?? false,
    levelAlways: settings.flag('loglevelalways') ?? false,
    categories,
    ...levels(settings),
    shrink: settings.flag('shrinkdebugfile') ?? categories.size === 0,
  };
}

/** Categories of that name: `''`, `1` and `all` stand for every one. */
function categoriesNamed(name: string): readonly LogCategory[] | undefined {
  if (name === '' || name === '1' || name === 'all') return LOG_CATEGORIES;
  return LOG_CATEGORIES.includes(name as LogCategory) ? [name as LogCategory] : undefined;
}

function enabledCategories(settings: Settings): Set<LogCategory> {
  const given = settings.list('debug');
  const none = Math.max(given.lastIndexOf('0'), given.lastIndexOf('none'));
  const enabled = new Set<LogCategory>();
  for (const name of given.slice(none + 1)) {
    for (const category of categoriesNamed(name) ?? unsupported('debug', name)) enabled.add(category);
  }
  for (const name of settings.list('debugexclude')) {
    for (const category of categoriesNamed(name) ?? unsupported('debugexclude', name)) {
      enabled.delete(category);
    }
  }
  return enabled;
}

function unsupported(option: string, name: string): never {
  throw new NodeError('option', `Unsupported logging category -${option}=${name}.`);
}

function levels(settings: Settings): Pick<LogSettings, 'level' | 'categoryLevels'> {
  let level: LogLevel = 'debug';
  const categoryLevels = new Map<LogCategory, LogLevel>();
  const valid = SELECTABLE_LEVELS.join(', ');
  for (const value of settings.list('loglevel')) {
    // Core looks for the colon from the fourth character on, no category's name being shorter.
    if (!value.includes(':', 3)) {
      const what = `global logging level -loglevel=${value}. Valid values: ${valid}.`;
      level = selectable(value) ?? unsupportedLevel(what);
      continue;
    }
    const [name = '', levelName = '', ...rest] = value.split(':');
    const categories = categoriesNamed(name);
    const chosen = selectable(levelName);
    if (categories === undefined || chosen === undefined || rest.length > 0) {
      return unsupportedLevel(
        `category-specific logging level -loglevel=${value}. ` +
          'Expected -loglevel=<category>:<loglevel>. ' +
          `Valid categories: ${LOG_CATEGORIES.join(', ')}. Valid loglevels: ${valid}.`,
      );
    }
    for (const category of categories) categoryLevels.set(category, chosen);
  }
  return { level, categoryLevels };
}

function selectable(name: string): LogLevel | undefined {
  return SELECTABLE_LEVELS.find((level) => level === name);
}

function unsupportedLevel(text: string): never {
  throw new NodeError('option', `Unsupported ${text}`);
}
