import {
  BITCOIN_CONF_FILENAME,
  BITCOIN_PID_FILENAME,
  DEFAULT_DB_CACHE_BATCH,
  DEFAULT_DB_CACHE_MIB,
  DEFAULT_DEBUGLOGFILE,
  DEFAULT_MAX_MEMPOOL_SIZE_MB,
  MAX_SCRIPTCHECK_THREADS,
  MIN_DB_CACHE_MIB,
  MIN_PRUNE_TARGET_MIB,
  type OptionDefinition,
} from '../options.ts';

/** What has no heading of its own. */
export const GENERAL_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'help',
    category: 'options',
    help: 'Print this help and exit (also -h or -?)',
  },
  {
    name: 'alertnotify',
    argument: '=<cmd>',
    category: 'options',
    help: 'Run this command when there is something to warn of; %s stands for the warning',
  },
  {
    name: 'blocknotify',
    argument: '=<cmd>',
    category: 'options',
    help: 'Run this command when the chain has a new last block; %s stands for its hash',
  },
  {
    name: 'blocksdir',
    argument: '=<dir>',
    category: 'options',
    help: 'Keep block files below this directory, which must exist (default: the data directory)',
  },
  {
    name: 'pid',
    argument: '=<file>',
    category: 'options',
    help:
      'Write the process id to this file; a relative path starts at the directory of the chain. ' +
      `-nopid writes none (default: ${BITCOIN_PID_FILENAME})`,
  },
  {
    name: 'shutdownnotify',
    argument: '=<cmd>',
    category: 'options',
    help: 'Run this command before the node ends, which waits for it. Can be given many times',
  },
  {
    name: 'startupnotify',
    argument: '=<cmd>',
    category: 'options',
    help: 'Run this command when the node is ready',
  },
  {
    name: 'blocksxor',
    category: 'options',
    help:
      'Scramble stored block files with a random key, so that no other program takes their content ' +
      'for something it is not. Decided when the blocks directory is new; afterwards the stored key ' +
      'applies, and -blocksxor=0 is refused if it is not zero (default: 1)',
  },
  {
    name: 'conf',
    argument: '=<file>',
    category: 'options',
    help:
      'Read this configuration file; a relative path starts at the data directory. On the command ' +
      `line only (default: ${BITCOIN_CONF_FILENAME})`,
  },
  {
    name: 'datadir',
    argument: '=<dir>',
    category: 'options',
    flags: ['disallow-negation'],
    help: 'Keep all data in this directory, which must exist (default: ~/.btcp2p, which is made)',
  },
  {
    name: 'debuglogfile',
    argument: '=<file>',
    category: 'options',
    help:
      'Write the log to this file; a relative path starts at the directory of the chain. ' +
      `-nodebuglogfile writes none (default: ${DEFAULT_DEBUGLOGFILE})`,
  },
  {
    name: 'includeconf',
    argument: '=<file>',
    category: 'options',
    help:
      'Read one more configuration file; a relative path starts at the data directory. In the ' +
      'configuration file only, and not in a file that is itself included',
  },
  {
    name: 'minimumchainwork',
    argument: '=<hex>',
    category: 'options',
    flags: ['debug-only'],
    help: 'Trust no chain of headers with less work than this (default: depends on the chain)',
  },
  { name: 'h', category: 'hidden', help: '' },
  { name: '?', category: 'hidden', help: '' },
  { name: 'version', category: 'options', help: 'Print the version and exit' },
  {
    name: 'allowignoredconf',
    category: 'options',
    help:
      `Only warn, instead of stopping, when the data directory has a ${BITCOIN_CONF_FILENAME} that ` +
      'is not the configuration file in use (default: 0)',
  },
  {
    name: 'assumevalid',
    argument: '=<hex>',
    category: 'options',
    help:
      'Check no scripts in the ancestors of this block; 0 checks all (default: depends on ' +
      'the chain)',
  },
  {
    name: 'blockfilterindex',
    argument: '=<type>',
    category: 'options',
    help:
      'Keep an index of the compact filters of blocks (BIP 158): basic. Without a type or ' +
      'with 1: of all types (default: 0)',
  },
  {
    name: 'blocksonly',
    category: 'options',
    help: 'Ask peers for no transactions, and give them none (default: 0)',
  },
  {
    name: 'dbbatchsize',
    argument: '=<n>',
    category: 'options',
    flags: ['debug-only'],
    help: `Store at most this many bytes of coins at a time (default: ${DEFAULT_DB_CACHE_BATCH})`,
  },
  {
    name: 'dbcache',
    argument: '=<n>',
    category: 'options',
    help:
      `Use this many MiB of memory for the coins (minimum: ${MIN_DB_CACHE_MIB}, default: ` +
      `${DEFAULT_DB_CACHE_MIB})`,
  },
  {
    name: 'loadblock',
    argument: '=<file>',
    category: 'options',
    help: 'Read blocks from this file at start. Can be given many times',
  },
  {
    name: 'maxmempool',
    argument: '=<n>',
    category: 'options',
    help: `Keep the mempool below this many megabytes (default: ${DEFAULT_MAX_MEMPOOL_SIZE_MB})`,
    noEffect: { when: 'set', because: 'there is no mempool' },
  },
  {
    name: 'par',
    argument: '=<n>',
    category: 'options',
    help:
      'Check scripts in this many threads: 0 for one on every core, negative to leave that ' +
      `many cores free (up to ${MAX_SCRIPTCHECK_THREADS}, default: 0)`,
  },
  {
    name: 'persistmempool',
    category: 'options',
    help: 'Keep the mempool from one run to the next (default: 1)',
    noEffect: { when: 'on', because: 'there is no mempool' },
  },
  {
    name: 'prune',
    argument: '=<n>',
    category: 'options',
    help:
      `Delete old blocks: 0 never, 1 when an RPC says so, and from ${MIN_PRUNE_TARGET_MIB} ` +
      'on whenever block files take more than this many MiB. Not together with -txindex ' +
      '(default: 0)',
  },
  {
    name: 'reindex',
    category: 'options',
    help:
      'Forget the block index, the coins and other indexes, and build them from the block ' +
      'files',
  },
  {
    name: 'reindex-chainstate',
    category: 'options',
    help: 'Forget the coins, and build them from the block files',
  },
  {
    name: 'txindex',
    category: 'options',
    help: 'Keep an index of all transactions by their ids (default: 0)',
  },
];
