import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { NodeEvent } from '@btcp2p/node';
import { hashToHex } from '@btcp2p/wire';
import type { LogLevel } from './log.ts';
import type { LogCategory } from './options.ts';

/** A line of the log. */
export interface LogLine {
  readonly level: LogLevel;
  /** None for what is always logged and belongs to no category. */
  readonly category?: LogCategory;
  readonly text: string;
}

const debug = (text: string): LogLine => ({ level: 'debug', category: 'net', text });
const validation = (text: string): LogLine => ({ level: 'debug', category: 'validation', text });
const info = (text: string): LogLine => ({ level: 'info', text });

/**
 * What Core logs of something that was noticed (net_processing.cpp): the text of the notice, which
 * names the peer, or what is put around it where it does not.
 */
export function noticeLine(
  { code, peer, detail }: Extract<NodeEvent, { type: 'notice' }>,
  isInitialBlockDownload: boolean,
): LogLine {
  switch (code) {
    case 'low-work-chain':
      return debug(`${detail} from peer=${peer}`);
    case 'unconnecting-headers':
      return debug(`received headers ${detail}: missing prev block, sending getheaders (peer=${peer})`);
    case 'unrequested-block':
      return debug(`Ignoring unrequested block ${detail} from peer=${peer}`);
    case 'stall-started':
      return debug(`${detail} peer=${peer}`);
    case 'protected':
      return debug(`Protecting outbound peer=${peer} from eviction`);
    case 'invalid-header':
      return debug(`peer=${peer}: ${detail}`);
    case 'invalid-block-header':
      return validation(`AcceptBlockHeader: Consensus::ContextualCheckBlockHeader: ${detail}`);
    case 'low-work-block':
      return validation(`AcceptBlockHeader: ${detail}`);
    case 'headers-timeout':
      return info(`${detail}, not disconnecting peer=${peer}`);
    case 'initial-block-download-finished':
      return info(`${detail} (latching to false)`);
    case 'not-punished':
      return info(detail);
    case 'new-header': {
      const text = `${detail} peer=${peer}`;
      return isInitialBlockDownload ? validation(text) : info(text);
    }
    default:
      return debug(detail);
  }
}

/** What Core always logs, not only for debugging, when it lets a peer go. */
const ALWAYS_LOGGED: ReadonlySet<string> = new Set([
  'stalling',
  'block-timeout',
  'headers-timeout',
  'insufficient-work',
  'outdated-chain',
  'self-connection',
]);

/** Those details that do not name the peer. */
const UNNAMED: ReadonlySet<string> = new Set([
  'stalling',
  'block-timeout',
  'headers-timeout',
  'insufficient-work',
  'outdated-chain',
]);

/** Core's lines for a connection that is over, whoever ended it. */
export function disconnectLines({
  peer,
  reason,
  detail,
}: Extract<NodeEvent, { type: 'peer-disconnected' }>): LogLine[] {
  const why = reason === undefined ? closedText(peer, detail) : ourText(peer, reason, detail);
  const first = reason !== undefined && ALWAYS_LOGGED.has(reason) ? info(why) : debug(why);
  return [first, debug(`Resetting socket for peer=${peer}`), debug(`Cleared nodestate for peer=${peer}`)];
}

function ourText(peer: number, reason: string, detail: string): string {
  if (reason === 'stopped') return `Stopping node, disconnecting peer=${peer}`;
  return UNNAMED.has(reason) ? `${detail}, disconnecting peer=${peer}` : detail;
}

function closedText(peer: number, cause: string): string {
  if (cause === 'socket closed') return `socket closed, disconnecting peer=${peer}`;
  return `socket recv error, disconnecting peer=${peer}: ${cause}`;
}

/** What is known of a chain besides its headers, for {@link updateTipText}. */
export interface ChainFacts {
  /** Transactions from genesis to the tip. */
  readonly transactions?: number;
  /** Share of all that is to be verified, 0 to 1. */
  readonly progress?: number;
  /** What should be known of the chain. */
  readonly warnings?: readonly string[];
  /** Bytes and coins of the cache. */
  readonly cache?: { readonly bytes: number; readonly coins: number };
}

/** Core's line for a new last block (validation.cpp, `UpdateTipLog`). What is not known is left out. */
export function updateTipText(headers: HeaderTree, tip: HeaderEntry, facts: ChainFacts = {}): string {
  const { transactions, progress, cache, warnings = [] } = facts;
  const version = (headers.version(tip) >>> 0).toString(16).padStart(8, '0');
  const date = new Date(headers.time(tip) * 1_000).toISOString().replace('.000Z', 'Z');
  const mebibytes = (bytes: number): string => (bytes / (1 << 20)).toFixed(1);
  return [
    `UpdateTip: new best=${hashToHex(headers.hash(tip))} height=${headers.height(tip)}`,
    `version=0x${version} log2_work=${log2(headers.chainWork(tip)).toFixed(6)}`,
    ...(transactions === undefined ? [] : [`tx=${transactions}`]),
    `date='${date}'`,
    ...(progress === undefined ? [] : [`progress=${progress.toFixed(6)}`]),
    ...(cache === undefined ? [] : [`cache=${mebibytes(cache.bytes)}MiB(${cache.coins}txo)`]),
    ...(warnings.length === 0 ? [] : [`warning='${warnings.join(', ')}'`]),
  ].join(' ');
}

/** Base-2 logarithm of a number of up to 256 bits, to a double's precision. */
function log2(value: bigint): number {
  const bits = value.toString(2).length;
  const shift = Math.max(0, bits - 53);
  return Math.log2(Number(value >> BigInt(shift))) + shift;
}

/**
 * Core's `~12.34%`: how much of all headers there are to be, as the time since the last suggests
 * (validation.cpp, `ProcessNewBlockHeaders`).
 */
export function headersProgress(height: number, time: number, now: number, spacing: number): string {
  const left = Math.max(0, Math.trunc((now - time) / spacing));
  return `height: ${height} (~${((100 * height) / (height + left)).toFixed(2)}%)`;
}
