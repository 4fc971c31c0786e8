import { networks } from '@btcp2p/wire';

/** Under which heading the help lists an option. */
export type OptionCategory = 'options' | 'connection' | 'debug-test' | 'chain-selection' | 'hidden';

/**
 * - `debug-only`: only `-help-debug` lists it;
 * - `network-only`: its value would be wrong on another chain, so a configuration file sets it for a
 *   test chain only in that chain's section;
 * - `sensitive`: the log shows stars in place of the value;
 * - `disallow-negation`, `disallow-elision`: `-nox`, and `-x` without a value, are refused.
 */
export type OptionFlag =
  | 'debug-only'
  | 'network-only'
  | 'sensitive'
  | 'disallow-negation'
  | 'disallow-elision';

/** An option of the program. */
export interface OptionDefinition {
  /** As typed after the dash. */
  readonly name: string;
  /** What follows the name in the help: `=<dir>`. */
  readonly argument?: string;
  readonly help: string;
  readonly category: OptionCategory;
  readonly flags?: readonly OptionFlag[];
}

/** Core `DEFAULT_MAX_PEER_CONNECTIONS` (net.h). */
export const DEFAULT_MAX_PEER_CONNECTIONS = 125;
/** Core `DEFAULT_CONNECT_TIMEOUT` (netbase.h), milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT = 5_000;
/** Core `DEFAULT_PEER_CONNECT_TIMEOUT` (net.h), seconds. */
export const DEFAULT_PEER_CONNECT_TIMEOUT = 60;
/** Core `DEFAULT_MAX_TIP_AGE` (kernel/chainstatemanager_opts.h), seconds. */
export const DEFAULT_MAX_TIP_AGE = 24 * 60 * 60;
/** Core `BITCOIN_CONF_FILENAME` (common/args.cpp). */
export const BITCOIN_CONF_FILENAME = 'bitcoin.conf';
/** Core `DEFAULT_DEBUGLOGFILE` (logging.cpp). */
export const DEFAULT_DEBUGLOGFILE = 'debug.log';

/** Categories of debug messages (Core logging.cpp `LOG_CATEGORIES_BY_STR`), all accepted. */
export const LOG_CATEGORIES = [
  'addrman', 'bench', 'blockstorage', 'cmpctblock', 'coindb', 'estimatefee', 'http', 'i2p', 'ipc',
  'kernel', 'leveldb', 'libevent', 'mempool', 'mempoolrej', 'net', 'proxy', 'prune', 'qt', 'rand',
  'reindex', 'rpc', 'scan', 'selectcoins', 'tor', 'txpackages', 'txreconciliation', 'validation',
  'walletdb', 'zmq',
] as const;

/** One of {@link LOG_CATEGORIES}. */
export type LogCategory = (typeof LOG_CATEGORIES)[number];

const ports = [
  networks.main.defaultPort,
  `testnet3: ${networks.test.defaultPort}`,
  `testnet4: ${networks.testnet4.defaultPort}`,
  `signet: ${networks.signet.defaultPort}`,
  `regtest: ${networks.regtest.defaultPort}`,
].join(', ');

/**
 * Every option there is. A name that is also bitcoind's means what it means there (Core init.cpp
 * `SetupServerArgs`, init/common.cpp, chainparamsbase.cpp). Nothing is accepted that does nothing
 * without saying so: an option comes in here together with the code that obeys it.
 */
export const OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'help',
    category: 'options',
    help: 'Print this help and exit (also -h or -?)',
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

  {
    name: 'addnode',
    argument: '=<ip>',
    category: 'connection',
    flags: ['network-only'],
    help:
      'Connect to this node and keep trying to stay connected, besides other connections. Can be ' +
      'given many times',
  },
  {
    name: 'bind',
    argument: '=<addr>[:<port>][=onion]',
    category: 'connection',
    flags: ['network-only'],
    help:
      'Listen on this address, also where -connect would turn listening off. IPv6 is written ' +
      '[host]:port. With =onion, whoever connects there counts as coming through Tor, and the port ' +
      "is the chain's plus 1 unless given. Can be given many times (default: any address)",
  },
  {
    name: 'connect',
    argument: '=<ip>',
    category: 'connection',
    flags: ['network-only'],
    help:
      'Connect to this node and no other. Can be given many times. -noconnect or -connect=0 ' +
      'connects to none by itself',
  },
  {
    name: 'listen',
    category: 'connection',
    help: 'Accept connections from others (default: 1, unless -connect or -maxconnections=0)',
  },
  {
    name: 'maxconnections',
    argument: '=<n>',
    category: 'connection',
    help:
      'Hold at most this many connections, not counting those of -addnode ' +
      `(default: ${DEFAULT_MAX_PEER_CONNECTIONS})`,
  },
  {
    name: 'peertimeout',
    argument: '=<n>',
    category: 'connection',
    flags: ['debug-only'],
    help:
      'Give up on a peer that has not finished the handshake or has been silent for this many ' +
      `seconds after connecting (minimum: 1, default: ${DEFAULT_PEER_CONNECT_TIMEOUT})`,
  },
  {
    name: 'port',
    argument: '=<port>',
    category: 'connection',
    flags: ['network-only'],
    help: `Listen on this port (default: ${ports})`,
  },
  {
    name: 'timeout',
    argument: '=<n>',
    category: 'connection',
    help:
      'Give up on a connection that is not made within this many milliseconds (minimum: 1, ' +
      `default: ${DEFAULT_CONNECT_TIMEOUT})`,
  },
  {
    name: 'v2transport',
    category: 'connection',
    help:
      'Encrypt connections where the peer can do so (BIP 324); a peer that hangs up on that is ' +
      'tried again without (default: 1)',
  },

  {
    name: 'whitebind',
    argument: '=<[permissions@]addr:port>',
    category: 'connection',
    help:
      'Listen on this address too, and let whoever connects there do what others may not: see ' +
      '-whitelist. Can be given many times',
  },
  {
    name: 'whitelist',
    argument: '=<[permissions@]address or network>',
    category: 'connection',
    help:
      'Let peers at this address or in this network (1.2.3.0/24) do what others may not. Permissions, ' +
      'with commas between: bloomfilter; noban (not let go for misbehaviour; implies download); ' +
      'forcerelay (implies relay); relay; mempool; download (headers while the chain is short); addr; ' +
      'all. With out, also or, without in, only for connections that were asked for. Without any: ' +
      'noban, mempool and relay. Can be given many times',
  },
  {
    name: 'whitelistforcerelay',
    category: 'connection',
    help: 'Where -whitelist and -whitebind name no permissions, forcerelay is one (default: 0)',
  },
  {
    name: 'whitelistrelay',
    category: 'connection',
    help: 'Where -whitelist and -whitebind name no permissions, relay is one (default: 1)',
  },

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
    help:
      'Accepted so that scripts for bitcoind start. The log is never limited; -logratelimit=1 is ' +
      'noted in it (default: 0)',
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
    name: 'chain',
    argument: '=<chain>',
    category: 'chain-selection',
    help: 'The chain to follow: main, test, signet, regtest, testnet4 (default: main)',
  },
  {
    name: 'regtest',
    category: 'chain-selection',
    flags: ['debug-only'],
    help: 'Follow a private chain on which blocks are made at once. Same as -chain=regtest',
  },
  {
    name: 'signet',
    category: 'chain-selection',
    help: 'Follow the default signet chain. Same as -chain=signet',
  },
  {
    name: 'testnet',
    category: 'chain-selection',
    help: 'Follow the testnet3 chain. Same as -chain=test',
  },
  {
    name: 'testnet4',
    category: 'chain-selection',
    help: 'Follow the testnet4 chain. Same as -chain=testnet4',
  },
];
