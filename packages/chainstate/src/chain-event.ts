import type { HeaderEntry } from '@btcp2p/consensus';
import type { Rejection } from './connect-block.ts';

/**
 * What happened to the chain, told at once and in order. Whoever mirrors the chain elsewhere applies
 * them one by one.
 */
export type ChainEvent =
  /** A block was stored. */
  | { readonly type: 'stored'; readonly entry: HeaderEntry }
  /** A block became the last of the chain. */
  | { readonly type: 'connected'; readonly entry: HeaderEntry; readonly transactions: number }
  /** The last block was taken off. */
  | { readonly type: 'disconnected'; readonly entry: HeaderEntry }
  /** The chain has come to rest for now, at another block than before. */
  | { readonly type: 'tip'; readonly tip: HeaderEntry; readonly fork: HeaderEntry | undefined }
  /** A block was found, or declared, to be invalid, and with it all that build on it. */
  | { readonly type: 'invalid'; readonly entry: HeaderEntry; readonly rejection: Rejection | undefined }
  /** The user took that back, of a block, those before it and those that build on it. */
  | { readonly type: 'reconsidered'; readonly entry: HeaderEntry }
  /** A block file was deleted, and with it these blocks. */
  | { readonly type: 'pruned'; readonly file: number; readonly entries: readonly HeaderEntry[] }
  /** The chain goes on from coins that were loaded; another one, behind it, is to prove them. */
  | { readonly type: 'snapshot'; readonly tip: HeaderEntry; readonly background: HeaderEntry }
  /** How far that one has come. */
  | { readonly type: 'background'; readonly tip: HeaderEntry }
  /** A line for the log, in Core's words. */
  | { readonly type: 'log'; readonly level: 'info' | 'debug' | 'warning'; readonly text: string };
