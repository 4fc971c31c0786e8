import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { NodeError } from '../src/node-error.ts';
import { chainOf } from '../src/node-options.ts';
import { OPTIONS } from '../src/option-table.ts';
import type { OptionDefinition } from '../src/options.ts';
import {
  onlyInDefaultSection,
  settingListOf,
  settingOf,
  type SettingSources,
  type SettingValue,
} from '../src/setting-sources.ts';
import { parseInteger, Settings } from '../src/settings.ts';

const option = (name: string, flags: OptionDefinition['flags'] = []): OptionDefinition => ({
  name,
  flags,
  help: '',
  category: 'options',
});

function sha256Twice(text: string): string {
  const once = createHash('sha256').update(text).digest();
  return createHash('sha256').update(once).digest('hex');
}

/**
 * Every sequence of up to `length` actions, 1 to `last`, in which none follows itself, in the order of
 * Core's tests (`ForEachNoDup`, test/util/str.h): the first place runs fastest.
 */
function* sequences(length: number, last: number): Generator<number[]> {
  const places: number[] = [];
  for (;;) {
    if (places.every((action, i) => action !== places[i - 1])) yield [...places];
    let place = 0;
    while (places[place] === last) places[place++] = 1;
    if (place === length) return;
    places[place] = (places[place] ?? 0) + 1;
  }
}

describe('merging, in every combination, as Core does', () => {
  test('settings_tests.cpp Merge: the hash of all results is the one in Core', () => {
    const [SET, SECTION_SET] = [1, 3] as const; // 2 and 4 negate
    let output = '';
    for (const args of sequences(3, 2)) {
      for (const conf of sequences(3, 4)) {
        for (const forced of [false, true]) {
          for (const ignoreDefaultSection of [false, true]) {
            const name = ignoreDefaultSection ? 'wallet' : 'server';
            let suffix = 0;
            const push = (set: boolean, prefix: string, shown: string, to: SettingValue[]): void => {
              if (!set) {
                to.push(false);
                output += ` ${shown}no${name}`;
                return;
              }
              for (let i = 0; i < 2; i++) {
                const value = `${prefix}${++suffix}`;
                to.push(value);
                output += ` ${shown}${name}=${value}`;
              }
            };
            const commandLine: SettingValue[] = [];
            const section: SettingValue[] = [];
            const unnamed: SettingValue[] = [];
            if (forced) output += ` ${name}=forced`;
            for (const action of args) push(action === SET, 'a', '-', commandLine);
            for (const action of conf) {
              const inSection = action >= SECTION_SET;
              const set = action === SET || action === SECTION_SET;
              push(set, 'c', inSection ? 'main.' : '', inSection ? section : unnamed);
            }
            const sources: SettingSources = {
              forced: new Map(forced ? [[name, 'forced']] : []),
              commandLine: new Map([[name, commandLine]]),
              configFile: new Map([
                ['main', new Map([[name, section]])],
                ['', new Map([[name, unnamed]])],
              ]),
            };
            const query = { section: 'main', name, ignoreDefaultSection };
            output += ` || ${JSON.stringify(settingOf(sources, query) ?? null)} |`;
            for (const value of settingListOf(sources, query)) output += ` ${JSON.stringify(value)}`;
            output += ' |';
            if (onlyInDefaultSection(sources, query)) output += ' ignored';
            output += '\n';
          }
        }
      }
    }
    expect(sha256Twice(output)).toBe('79db02d74e3e193196541b67c068b40ebd0c124a24b3ecbe9cbf7e85b1c4ba7a');
  });

  test('argsman_tests.cpp util_ArgsMerge: the same, from command line and file text on', () => {
    const chains = ['main', 'test', 'testnet4', 'signet'];
    const texts = (
      actions: readonly number[],
      section: string,
      name: string,
      prefix: string,
    ): string[] => {
      let suffix = 0;
      return actions.flatMap((action) => {
        const where = action >= 3 ? `${section}.` : '';
        if (action % 2 === 0) return [`${where}no${name}=1`];
        return [1, 2].map(() => `${where}${name}=${prefix}${++suffix}`);
      });
    };
    let output = '';
    for (const argActions of sequences(3, 2)) {
      for (const confActions of sequences(3, 4)) {
        for (const soft of [false, true]) {
          for (const force of [false, true]) {
            for (const section of chains) {
              for (const network of chains) {
                for (const specific of [false, true]) {
                  const name = specific ? 'wallet' : 'server';
                  const settings = new Settings([option(name, specific ? ['network-only'] : [])]);
                  settings.selectChain(network);
                  const args = texts(argActions, section, name, 'a').map((text) => `-${text}`);
                  const conf = texts(confActions, section, name, 'c');
                  settings.readCommandLine(args);
                  settings.readConfigFile(conf.map((line) => `${line}\n`).join(''), 'filepath');
                  output += [`net=${network}`, ...args, ...conf].join(' ');
                  if (soft) {
                    output += ' soft';
                    settings.softSet(name, 'soft1');
                    settings.softSet(name, 'soft2');
                  }
                  if (force) {
                    output += ' force';
                    settings.forceSet(name, 'force1');
                    settings.forceSet(name, 'force2');
                  }
                  output += ' || ';
                  if (!settings.isSet(name)) output += 'unset';
                  else if (settings.isNegated(name)) output += 'negated';
                  else
                    output += `${settings.text(name)} |${settings
                      .list(name)
                      .map((v) => ` ${v}`)
                      .join('')}`;
                  const unsuitable = settings.unsuitableOptions();
                  if (unsuitable.length > 0)
                    output += ` | ignored ${unsuitable.map((n) => `-${n}`).join(' ')}`;
                  output += '\n';
                }
              }
            }
          }
        }
      }
    }
    expect(sha256Twice(output)).toBe('f1ee5ab094cc43d16a6086fa7f2c10389e0f99902616b31bbf29189972ad1473');
  });

  test('argsman_tests.cpp util_ChainMerge: which chain results', () => {
    const texts = [
      '',
      'testnet4=1',
      'testnet4=0',
      'notestnet4=1',
      'regtest=1',
      'regtest=0',
      'noregtest=1',
    ];
    let output = '';
    for (const args of sequences(2, 6)) {
      for (const conf of sequences(2, 6)) {
        const settings = new Settings([option('regtest'), option('testnet4')]);
        settings.readCommandLine(args.map((action) => `-${texts[action]}`));
        settings.readConfigFile(conf.map((action) => `${texts[action]}\n`).join(''), 'filepath');
        output += args.map((action) => ` -${texts[action]}`).join('');
        output += conf.map((action) => ` ${texts[action]}`).join('');
        let result: string;
        try {
          result = chainOf(settings);
        } catch (error) {
          result = `error: ${(error as NodeError).message}`;
        }
        output += ` || ${result}\n`;
      }
    }
    expect(sha256Twice(output)).toBe('c0e33aab0c74e040ddcee9edad59e8148d8e1cacb3cccd9ea1a1f485cb6bad21');
  });
});

const settingsOf = (...args: string[]): Settings => {
  const settings = new Settings([
    option('value'),
    option('a'),
    option('b'),
    option('includeconf'),
    option('must', ['disallow-elision']),
    option('never', ['disallow-negation']),
    option('password', ['sensitive']),
  ]);
  settings.readCommandLine(args);
  return settings;
};

/** The text of what is thrown. */
const failure = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

describe('values', () => {
  // Core argsman_tests.cpp util_CheckValue.
  test.each([
    ['-value', '', 0n, true, ['']],
    ['-value=', '', 0n, true, ['']],
    ['-value=0', '0', 0n, false, ['0']],
    ['-value=1', '1', 1n, true, ['1']],
    ['-value=2', '2', 2n, true, ['2']],
    ['-value=abc', 'abc', 0n, false, ['abc']],
    ['--value=2', '2', 2n, true, ['2']],
    ['-novalue', '0', 0n, false, []],
    ['-novalue=', '0', 0n, false, []],
    ['-novalue=0', '1', 1n, true, ['1']],
    ['-novalue=1', '0', 0n, false, []],
    ['-novalue=2', '0', 0n, false, []],
    ['-novalue=abc', '1', 1n, true, ['1']],
    ['-value=a=b', 'a=b', 0n, false, ['a=b']],
  ] as const)('%s', (argument, text, integer, flag, list) => {
    const settings = settingsOf(argument);
    expect([
      settings.text('value'),
      settings.integer('value'),
      settings.flag('value'),
      settings.list('value'),
    ]).toEqual([text, integer, flag, list]);
  });

  test('what is not set has no value', () => {
    const settings = settingsOf();
    expect([
      settings.text('value'),
      settings.integer('value'),
      settings.flag('value'),
      settings.list('value'),
    ]).toEqual([undefined, undefined, undefined, []]);
    expect(settings.isSet('value')).toBe(false);
  });

  test('whole numbers as LocaleIndependentAtoi reads them', () => {
    const cases = [
      ['', 0n],
      ['12', 12n],
      ['-12', -12n],
      ['+12', 12n],
      ['+-12', 0n],
      ['-+12', 0n],
      [' \t7', 7n],
      ['7x', 7n],
      ['x7', 0n],
      ['9223372036854775807', 2n ** 63n - 1n],
      ['9223372036854775808', 2n ** 63n - 1n],
      ['-9223372036854775809', -(2n ** 63n)],
      ['0x10', 0n],
    ] as const;
    for (const [text, value] of cases) expect([text, parseInteger(text)]).toEqual([text, value]);
  });

  test('double negatives are noticed', () => {
    expect(settingsOf('-novalue=0').notices).toEqual([
      { level: 'info', text: 'Warning: parsed potentially confusing double-negative -value=0' },
    ]);
    expect(settingsOf('-novalue').notices).toEqual([]);
  });
});

describe('the command line', () => {
  test('the last value counts, and every value of a list', () => {
    const settings = settingsOf('-a=1', '-a=2', '-a=3');
    expect([settings.text('a'), settings.list('a')]).toEqual(['3', ['1', '2', '3']]);
  });

  test('reading ends at the first argument without a dash', () => {
    const settings = settingsOf('-a', 'f', '-b');
    expect([settings.isSet('a'), settings.isSet('b'), settings.looseToken]).toEqual([true, false, 'f']);
    expect(settingsOf('-', '-b').isSet('b')).toBe(false);
  });

  test.each([
    ['-foo', 'Invalid parameter -foo'],
    ['--foo=1', 'Invalid parameter --foo=1'],
    ['---a', 'Invalid parameter ---a'],
    ['-regtest.a=1', 'Invalid parameter -regtest.a=1'],
    ['-nofoo', 'Invalid parameter -nofoo'],
    ['-must', 'Can not set -must with no value. Please specify value with -must=value.'],
    ['-nonever', 'Negating of -never is meaningless and therefore forbidden'],
    ['-includeconf', '-includeconf cannot be used from commandline; -includeconf=""'],
    ['-includeconf=x', '-includeconf cannot be used from commandline; -includeconf="x"'],
  ])('%s is refused', (argument, words) => {
    expect(failure(() => settingsOf(argument))).toBe(`Error parsing command line arguments: ${words}`);
  });

  test('-noincludeconf is not', () => {
    expect(settingsOf('-noincludeconf').includesForbidden).toBe(true);
  });
});

describe('a configuration file', () => {
  const read = (text: string, chain = 'main'): Settings => {
    const settings = settingsOf();
    settings.readConfigFile(text, 'bitcoin.conf');
    settings.selectChain(chain);
    return settings;
  };

  test('comments, blanks, CRLF, the first value counts', () => {
    const settings = read('# comment\r\n\r\n  a = 1 # more \r\n\ta=2\nb=\n');
    expect([settings.text('a'), settings.list('a'), settings.text('b')]).toEqual(['1', ['1', '2'], '']);
  });

  test('sections, and keys that name theirs', () => {
    const text = 'a=0\nregtest.b=5\n[regtest]\na=1\n[test]\na=2\n[main]\na=3\n';
    expect(read(text, 'regtest').text('a')).toBe('1');
    expect(read(text, 'test').text('a')).toBe('2');
    expect(read(text, 'main').text('a')).toBe('3');
    expect(read(text, 'signet').text('a')).toBe('0');
    expect(read(text, 'regtest').text('b')).toBe('5');
    expect(read(text, 'main').text('b')).toBeUndefined();
    expect(read(text).sections.map(({ name, line }) => `${name}:${line}`)).toEqual([
      'regtest:2',
      'regtest:3',
      'test:5',
      'main:7',
    ]);
  });

  test('command line before file; lists are joined', () => {
    const settings = settingsOf('-a=1', '-b=1');
    settings.readConfigFile('a=2\nb=2\nb=3\n', 'f');
    settings.selectChain('main');
    expect([settings.text('a'), settings.list('b')]).toEqual(['1', ['1', '2', '3']]);
  });

  test.each([
    ['garbage', 'parse error on line 1: garbage'],
    [
      '\n\nnono',
      'parse error on line 3: nono, if you intended to specify a negated option, use nono=1 instead',
    ],
    [
      'a=1\n-a=1',
      'parse error on line 2: -a=1, options in configuration file must be specified without leading -',
    ],
    [
      'rpcpassword=some#pass',
      'parse error on line 1, using # in rpcpassword can be ambiguous and should be avoided',
    ],
    [
      '[main]\nrpcpassword=a#b',
      'parse error on line 2, using # in rpcpassword can be ambiguous and should be avoided',
    ],
    [
      'conf=x',
      'conf cannot be set in the configuration file; ' +
        'use includeconf= if you want to include additional config files',
    ],
    ['nonever=1', 'Negating of -never is meaningless and therefore forbidden'],
  ])('%j is refused', (text, words) => {
    expect(failure(() => read(text))).toBe(`Error reading configuration file: ${words}`);
  });

  test('unknown keys are noticed, with their section', () => {
    expect(read('dash_conf=1\n[regtest]\nrpcport=2\n').notices.map(({ text }) => text)).toEqual([
      'Ignoring unknown configuration value dash_conf',
      'Ignoring unknown configuration value regtest.rpcport',
    ]);
  });
});

test('arguments for the log, secrets starred out', () => {
  const settings = settingsOf('-b=x"y', '-noa', '-password=secret');
  settings.readConfigFile('b=1\n[regtest]\na=1\n', 'f');
  expect(settings.argumentLines()).toEqual([
    'Config file arg: b="1"',
    'Config file arg: [regtest] a="1"',
    'Command-line arg: a=false',
    'Command-line arg: b="x\\"y"',
    'Command-line arg: password=****',
  ]);
});

test('the table: names are unique, lower-case, and cannot be read as negations', () => {
  const names = OPTIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^(?!no)[a-z0-9-]+$|^\?$/);
});
