/**
 * The parts of btcp2p-node, a Bitcoin node on Node.js: options and configuration file, data
 * directory, log, storage and console, all as bitcoind's.
 *
 * @example
 * import { configure } from 'btcp2p-node';
 *
 * const request = configure(['-regtest', '-connect=0']);
 * if (request.type === 'run') console.log(request.configuration.options.network.chain); // regtest
 *
 * @packageDocumentation
 */
export { CLIENT_NAME, CLIENT_VERSION, userAgent } from './client.ts';
export { configure } from './configuration.ts';
export type { Configuration, Environment, Request } from './configuration.ts';
export { checkDiskSpace, openDataDirectory } from './data-directory.ts';
export type { DataDirectory } from './data-directory.ts';
export { lockDirectory } from './directory-lock.ts';
export type { DirectoryLock } from './directory-lock.ts';
export { Log } from './log.ts';
export type { LogLevel, LogSettings } from './log.ts';
export { NodeError } from './node-error.ts';
export type { NodeErrorCode } from './node-error.ts';
export type { BindAddress, NodeOptions } from './node-options.ts';
export { OPTIONS } from './option-table.ts';
export { LOG_CATEGORIES } from './options.ts';
export type { LogCategory, OptionDefinition } from './options.ts';
export { RunningNode } from './running-node.ts';
export type { RunOptions } from './running-node.ts';
export { ChainThread } from './chain/chain-thread.ts';
export type { ChainThreadOptions } from './chain/chain-thread.ts';
export { defaultChainSettings } from './chain/chain-settings.ts';
export type { ChainSettings } from './chain/chain-messages.ts';
export { HeaderFile } from './chain/header-file.ts';
export type { LoadedHeaders } from './chain/header-file.ts';
export { LmdbStore } from './storage/kv/lmdb-store.ts';
export type { LmdbStoreOptions } from './storage/kv/lmdb-store.ts';
