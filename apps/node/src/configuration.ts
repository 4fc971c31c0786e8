import { existsSync, readFileSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, normalize, resolve } from 'node:path';
import { configurationError } from './config-lines.ts';
import { helpText, versionText } from './help.ts';
import { NodeError } from './node-error.ts';
import { applyInteractions, chainOf, nodeOptions, type NodeOptions } from './node-options.ts';
import { OPTIONS } from './option-table.ts';
import { BITCOIN_CONF_FILENAME } from './options.ts';
import { Settings, type Notice } from './settings.ts';

/** What the surroundings contribute. Tests give their own. */
export interface Environment {
  /** Of the user; the default data directory lies in it. */
  readonly home: string;
  /** What relative paths on the command line start from. */
  readonly workingDirectory: string;
}

/** All that was asked for, read and checked. Nothing has been made or opened yet. */
export interface Configuration {
  readonly options: NodeOptions;
  /** Absolute path that holds the data of all chains. It may not exist yet. */
  readonly dataDirectory: string;
  /** Lines for stderr. */
  readonly warnings: readonly string[];
  /** For the log, in order. */
  readonly notices: readonly Notice[];
}

/** Either a run to start, or a text that was asked for instead (`-help`, `-version`). */
export type Request =
  | { readonly type: 'run'; readonly configuration: Configuration }
  | { readonly type: 'print'; readonly text: string };

/**
 * Reads command line and configuration files.
 *
 * @param args the command line without the program's own name
 * @throws NodeError if the user must change something; the message says what
 */
export function configure(
  args: readonly string[],
  { home, workingDirectory }: Environment = { home: homedir(), workingDirectory: process.cwd() },
): Request {
  const settings = new Settings(OPTIONS);
  settings.readCommandLine(args);
  const text = requestedText(settings);
  if (text !== undefined) return { type: 'print', text };
  if (settings.looseToken !== undefined) {
    throw new NodeError(
      'command-line',
      `Command line contains unexpected token '${settings.looseToken}', ` +
        'see btcp2p-node -h for a list of options.',
    );
  }
  const directoryOf = (): string | undefined => dataDirectory(settings, home, workingDirectory);
  // The file in this directory counts even if it moves the data elsewhere.
  const original = directoryOf();
  if (original === undefined) throw missingDirectory('Specified', settings);
  const file = configFilePath(settings, original);
  const warnings = readConfigFiles(settings, file, original);
  const chain = chainOf(settings);
  settings.selectChain(chain);
  const directory = directoryOf();
  if (directory === undefined) throw configurationError(missingDirectory('specified', settings).message);
  checkIgnoredFile(settings, file, original, directory);
  const unknown = settings.sections.filter(({ name }) => !CHAIN_SECTIONS.has(name));
  if (unknown.length > 0) {
    const lines = unknown.map(
      ({ name, file, line }) => `${file}:${line} Section [${name}] is not recognized.`,
    );
    warnings.push(`Warning: ${lines.join('\n')}`);
  }
  applyInteractions(settings);
  const options = nodeOptions(settings, chain);
  noteFiles(settings, file, directory, workingDirectory);
  return {
    type: 'run',
    configuration: { options, dataDirectory: directory, warnings, notices: settings.notices },
  };
}

const CHAIN_SECTIONS: ReadonlySet<string> = new Set(['main', 'test', 'testnet4', 'signet', 'regtest']);

function requestedText(settings: Settings): string | undefined {
  if (settings.flag('version') === true) return versionText();
  const asked = ['help', 'h', '?', 'help-debug'].some((name) => settings.isSet(name));
  return asked ? helpText(settings.flag('help-debug') ?? false) : undefined;
}

/** The data directory, or undefined if one is specified that is not there (Core `GetDataDirBase`). */
function dataDirectory(settings: Settings, home: string, workingDirectory: string): string | undefined {
  const specified = settings.text('datadir') ?? '';
  if (specified === '') return join(home || '/', '.btcp2p');
  const path = resolve(workingDirectory, specified);
  return isDirectory(path) ? path : undefined;
}

function missingDirectory(word: 'Specified' | 'specified', settings: Settings): NodeError {
  return new NodeError(
    'data-directory',
    `${word} data directory "${settings.text('datadir') ?? ''}" does not exist.`,
  );
}

/** Undefined under `-noconf`. */
function configFilePath(settings: Settings, directory: string): string | undefined {
  if (settings.isNegated('conf')) return undefined;
  return absolute(directory, settings.text('conf') || BITCOIN_CONF_FILENAME);
}

function absolute(directory: string, path: string): string {
  return isAbsolute(path) ? normalize(path) : join(directory, path);
}

/** Reads the configuration file and what it includes. Returns lines for stderr. */
function readConfigFiles(settings: Settings, file: string | undefined, directory: string): string[] {
  if (file === undefined) return [];
  if (isDirectory(file)) throw configurationError(`Config file "${file}" is a directory.`);
  const text = readText(file);
  if (text === undefined) {
    if (settings.isSet('conf')) {
      throw configurationError(`specified config file "${file}" could not be opened.`);
    }
    return [];
  }
  settings.readConfigFile(text, file);
  if (settings.includesForbidden) return [];

  const chain = chainOf(settings);
  const ofChain = settings.includes(chain);
  const ofAll = settings.includes('');
  for (const name of [...ofChain, ...ofAll]) {
    const path = absolute(directory, name);
    if (isDirectory(path)) throw configurationError(`Included config file "${path}" is a directory.`);
    const text = readText(path);
    if (text === undefined) throw configurationError(`Failed to include configuration file ${name}`);
    settings.readConfigFile(text, name);
    settings.notice(`Included configuration file ${name}`);
  }
  // What the included files add is not followed, only named.
  const nested = [
    ...settings.includes(chain).slice(ofChain.length),
    ...settings.includes('').slice(ofAll.length),
  ];
  const finalChain = chainOf(settings);
  if (finalChain !== chain) nested.push(...settings.includes(finalChain));
  return nested.map(
    (name) => `warning: -includeconf cannot be used from included files; ignoring -includeconf=${name}`,
  );
}

/** The text of a file, or undefined if it cannot be read. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * A configuration file in the data directory that is not the one in use would mislead whoever edits
 * it (Core common/init.cpp).
 */
function checkIgnoredFile(
  settings: Settings,
  file: string | undefined,
  original: string,
  directory: string,
): void {
  const inDirectory = join(directory, BITCOIN_CONF_FILENAME);
  if (!existsSync(inDirectory)) return;
  if (file === undefined) {
    settings.notice(
      `Data directory "${directory}" contains a "${BITCOIN_CONF_FILENAME}" file ` +
        'which is explicitly ignored using -noconf.',
    );
    return;
  }
  if (isSameFile(file, inDirectory)) return;
  const named = settings.text('conf') ?? '';
  const source = named === '' ? `data directory "${original}"` : `command line argument "-conf=${named}"`;
  const error =
    `Data directory "${directory}" contains a "${BITCOIN_CONF_FILENAME}" file which is ignored, ` +
    `because a different configuration file "${file}" from ${source} is being used instead. ` +
    'Possible ways to address this would be to:\n' +
    `- Delete or rename the "${BITCOIN_CONF_FILENAME}" file in data directory "${directory}".\n` +
    '- Change datadir= or conf= options to specify one configuration file, not two, and use ' +
    'includeconf= to include any other configuration files.';
  if (settings.flag('allowignoredconf') === true) {
    settings.notice(error, 'warning');
    return;
  }
  throw new NodeError(
    'configuration',
    `${error}\n- Set allowignoredconf=1 option to treat this condition as a warning, not an error.`,
  );
}

/** Which file was read and what was given, for the log (Core init/common.cpp `StartLogging`). */
function noteFiles(
  settings: Settings,
  file: string | undefined,
  directory: string,
  workingDirectory: string,
): void {
  settings.notice(`Using data directory ${directory}`);
  if (file === undefined) settings.notice('Config file: <disabled>');
  else settings.notice(`Config file: ${file}${existsSync(file) ? '' : ' (not found, skipping)'}`);
  for (const line of settings.argumentLines()) settings.notice(line);
  const datadir = settings.text('datadir') ?? '';
  if (datadir !== '' && !isAbsolute(datadir)) {
    settings.notice(
      `relative datadir option '${datadir}' specified, which will be interpreted relative to the ` +
        `current working directory '${workingDirectory}'. Started from elsewhere, the node will not ` +
        'find its data.',
      'warning',
    );
  }
}

function stat(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return stat(path)?.isDirectory() === true;
}

function isSameFile(a: string, b: string): boolean {
  const first = stat(a);
  const second = stat(b);
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
