/** Under which heading the help lists an option. */
export type OptionCategory =
  | 'options'
  | 'connection'
  | 'wallet'
  | 'debug-test'
  | 'chain-selection'
  | 'relay'
  | 'block-creation'
  | 'rpc'
  | 'hidden';

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
  /** It is taken so that what is made for bitcoind starts, and does nothing here. The log says so. */
  readonly noEffect?: {
    /** With which value it would do something. */
    readonly when: 'set' | 'on' | 'off';
    readonly because: string;
  };
}

/** Core `DEFAULT_MAX_PEER_CONNECTIONS` (net.h). */
export const DEFAULT_MAX_PEER_CONNECTIONS = 125;
/** Core `DEFAULT_CONNECT_TIMEOUT` (netbase.h), milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT = 5_000;
/** Core `DEFAULT_PEER_CONNECT_TIMEOUT` (net.h), seconds. */
export const DEFAULT_PEER_CONNECT_TIMEOUT = 60;
/** Core `DEFAULT_MAX_TIP_AGE` (kernel/chainstatemanager_opts.h), seconds. */
export const DEFAULT_MAX_TIP_AGE = 24 * 60 * 60;
/** Core `DEFAULT_DB_CACHE` (node/caches.h), MiB. */
export const DEFAULT_DB_CACHE_MIB = 450;
/**
 * Bytes of coins in one write to the database. Core's `DEFAULT_DB_CACHE_BATCH` (kernel/caches.h) is 32
 * MiB; here it is 4, since LMDB holds every page that a write changes in memory until its end.
 */
export const DEFAULT_DB_CACHE_BATCH = 4 * 1_048_576;
/** Core `MIN_DB_CACHE` (node/caches.h), MiB. */
export const MIN_DB_CACHE_MIB = 4;
/** Core `MAX_SCRIPTCHECK_THREADS` (validation.h): threads besides the chain's own. */
export const MAX_SCRIPTCHECK_THREADS = 15;
/** Core `MIN_DISK_SPACE_FOR_BLOCK_FILES` (validation.h), MiB: the least that pruning can keep to. */
export const MIN_PRUNE_TARGET_MIB = 550;
/** Core `DEFAULT_CHECKBLOCKS` (validation.h): blocks that are checked at start. */
export const DEFAULT_CHECKBLOCKS = 6;
/** Core `DEFAULT_CHECKLEVEL` (validation.h). */
export const DEFAULT_CHECKLEVEL = 3;
/** Core `DEFAULT_MAX_MEMPOOL_SIZE_MB` (kernel/mempool_options.h). */
export const DEFAULT_MAX_MEMPOOL_SIZE_MB = 300;
/** Core `DEFAULT_BLOCKSONLY_MAX_MEMPOOL_SIZE_MB` (kernel/mempool_options.h). */
export const DEFAULT_BLOCKSONLY_MAX_MEMPOOL_SIZE_MB = 5;
/** Core `DEFAULT_MIN_RELAY_TX_FEE` (policy/policy.h), satoshis per 1,000 virtual bytes. */
export const DEFAULT_MIN_RELAY_TX_FEE = 100n;
/** Core `DEFAULT_BLOCK_MIN_TX_FEE` (policy/policy.h), satoshis per 1,000 virtual bytes. */
export const DEFAULT_BLOCK_MIN_TX_FEE = 1n;
/** Core `MAX_BLOCK_WEIGHT` (consensus/consensus.h). */
export const MAX_BLOCK_WEIGHT = 4_000_000;
/** Core `DEFAULT_BLOCK_RESERVED_WEIGHT` (policy/policy.h). */
export const DEFAULT_BLOCK_RESERVED_WEIGHT = 8_000;
/** Core `MINIMUM_BLOCK_RESERVED_WEIGHT` (policy/policy.h). */
export const MINIMUM_BLOCK_RESERVED_WEIGHT = 2_000;
/** Core `DEFAULT_HTTP_THREADS` (httpserver.h). */
export const DEFAULT_HTTP_THREADS = 16;
/** Core `DEFAULT_HTTP_WORKQUEUE` (httpserver.h). */
export const DEFAULT_HTTP_WORKQUEUE = 64;
/** Core `DEFAULT_HTTP_SERVER_TIMEOUT` (httpserver.h), seconds. */
export const DEFAULT_HTTP_SERVER_TIMEOUT = 30;
/** Core `COOKIEAUTH_FILE` (rpc/request.cpp). */
export const COOKIEAUTH_FILE = '.cookie';
/** Core `BITCOIN_CONF_FILENAME` (common/args.cpp). */
export const BITCOIN_CONF_FILENAME = 'bitcoin.conf';
/** Core `BITCOIN_PID_FILENAME` (init.cpp). */
export const BITCOIN_PID_FILENAME = 'bitcoind.pid';
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
