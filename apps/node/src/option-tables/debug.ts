import {
  DEFAULT_CHECKBLOCKS,
  DEFAULT_CHECKLEVEL,
  DEFAULT_MAX_TIP_AGE,
  LOG_CATEGORIES,
  type OptionDefinition,
} from '../options.ts';

/** The log, and what is for tests. */
export const DEBUG_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'debug',
    argument: '=<category>',
    category: 'debug-test',
    help:
      'Log debug messages of this category. Without a category, or with 1 or all: of every ' +
      'category; with 0 or none: of no category given so far. Can be given many times. Categories: ' +
      `${LOG_CATEGORIES.join(', ')}`,
  },
  {
    name: 'debugexclude',
    argument: '=<category>',
    category: 'debug-test',
    help: 'Log no debug messages of this category, whatever -debug says. Can be given many times',
  },
  {
    name: 'capturemessages',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Write all messages from and to peers into files in message_capture, in the directory of the ' +
      'chain (default: 0)',
  },
  {
    name: 'help-debug',
    category: 'debug-test',
    help: 'Print the help with the options for debugging and exit',
  },
  {
    name: 'loglevel',
    argument: '=<level>|<category>:<level>',
    category: 'debug-test',
    flags: ['debug-only', 'disallow-negation', 'disallow-elision'],
    help:
      'How much the categories of -debug log: info, debug or trace. With a category, for that one ' +
      'alone. Can be given many times (default: debug)',
  },
  {
    name: 'loglevelalways',
    category: 'debug-test',
    help: 'Put category and level in front of every line of the log (default: 0)',
  },
  {
    name: 'logratelimit',
    category: 'debug-test',
    flags: ['debug-only'],
    help: 'Limit how much is logged unconditionally (default: 0)',
    noEffect: { when: 'on', because: 'the log is not limited' },
  },
  {
    name: 'logsourcelocations',
    category: 'debug-test',
    help: 'Put the place in the source in front of every line of the log (default: 0)',
  },
  {
    name: 'logthreadnames',
    category: 'debug-test',
    help: 'Put the name of the thread in front of every line of the log (default: 0)',
  },
  {
    name: 'logtimemicros',
    category: 'debug-test',
    flags: ['debug-only'],
    help: 'Log times in microseconds (default: 0)',
  },
  {
    name: 'logtimestamps',
    category: 'debug-test',
    help: 'Put the time in front of every line of the log (default: 1)',
  },
  {
    name: 'maxtipage',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Consider the chain not yet in sync while its last block is older than this many seconds ' +
      `(default: ${DEFAULT_MAX_TIP_AGE})`,
  },
  {
    name: 'mocktime',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help: 'Take this as the time, in seconds since 1970, in place of the clock (default: 0, the clock)',
  },
  {
    name: 'printtoconsole',
    category: 'debug-test',
    help:
      'With 1, print the log to the console; with 0, print nothing there. Not given: the progress of ' +
      'the node is shown there instead',
  },
  {
    name: 'shrinkdebugfile',
    category: 'debug-test',
    help: 'Cut a log that has grown long to its end at start (default: 1 unless -debug is given)',
  },
  {
    name: 'stopatheight',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help: 'Stop once the chain is this high (default: 0, never)',
  },
  {
    name: 'uacomment',
    argument: '=<cmt>',
    category: 'debug-test',
    help: 'Add a comment to the user agent that peers see. Can be given many times',
  },
  {
    name: 'checkblockindex',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Check that the block index makes sense after every so many changes; 0 for never ' +
      '(default: 0, regtest: 1)',
    noEffect: { when: 'on', because: 'it is not checked' },
  },
  {
    name: 'checkblocks',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Check this many of the last blocks at start; 0 for all (default: ' +
      `${DEFAULT_CHECKBLOCKS})`,
    noEffect: { when: 'set', because: 'blocks are not checked again at start' },
  },
  {
    name: 'checklevel',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help: `How thoroughly -checkblocks checks, 0 to 4 (default: ${DEFAULT_CHECKLEVEL})`,
    noEffect: { when: 'set', because: 'blocks are not checked again at start' },
  },
  {
    name: 'checkmempool',
    argument: '=<n>',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Check that the mempool makes sense after every so many transactions; 0 for never ' +
      '(default: 0, regtest: 1)',
    noEffect: { when: 'set', because: 'there is no mempool' },
  },
  {
    name: 'fastprune',
    category: 'debug-test',
    flags: ['debug-only'],
    help: 'Use smaller block files, so that tests of pruning need fewer blocks (regtest only)',
  },
  {
    name: 'test',
    argument: '=<option>',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Do something for a test (regtest only). bip94: enforce BIP 94. Can be given many ' +
      'times',
  },
  {
    name: 'testactivationheight',
    argument: '=<name@height>',
    category: 'debug-test',
    flags: ['debug-only'],
    help:
      'Let a change of rules hold from this height on: segwit, bip34, dersig, cltv, csv ' +
      '(regtest only). Can be given many times',
  },
];
