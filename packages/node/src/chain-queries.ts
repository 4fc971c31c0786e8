import {
  blockProofEquivalentTime,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
} from '@btcp2p/consensus';
import { equalHashes, MAX_HEADERS_RESULTS, type GetHeaders } from '@btcp2p/wire';
import type { ActiveChain } from './active-chain.ts';

/** Most blocks that answer one `getblocks` (Core net_processing.cpp, GETBLOCKS). */
export const MAX_BLOCKS_TO_INV = 500;

/**
 * Seconds for which a block off the chain is still served. Core `STALE_RELAY_AGE_LIMIT`
 * (net_processing.cpp): a month.
 */
export const STALE_RELAY_AGE_LIMIT_S: number = 30 * 24 * 60 * 60;

const NOTHING = new Uint8Array(32);

/**
 * Whether a peer may have a block or header that it asks for by hash.
 *
 * **Specification.** Those of the active chain, and of others what is less than a month older than
 * the best header, in both its time and the work since (Core `BlockRequestAllowed`).
 *
 * **Rationale.** Old stale blocks tell nodes apart: who has one was online when it was new.
 */
export function blockRequestAllowed(
  headers: HeaderTree,
  chain: ActiveChain,
  entry: HeaderEntry,
  params: ConsensusParams,
): boolean {
  if (chain.contains(entry)) return true;
  if (!chain.hasBlock(entry) || headers.isInvalid(entry)) return false;
  const { best } = headers;
  if (headers.time(best) - headers.time(entry) >= STALE_RELAY_AGE_LIMIT_S) return false;
  const since = blockProofEquivalentTime(
    headers.chainWork(best),
    headers.chainWork(entry),
    headers.bits(best),
    params,
  );
  return since < STALE_RELAY_AGE_LIMIT_S;
}

/** The headers that answer a `getheaders`; undefined if it is to be ignored. */
export function answerGetHeaders(
  headers: HeaderTree,
  chain: ActiveChain,
  request: GetHeaders,
  params: ConsensusParams,
): HeaderEntry[] | undefined {
  if (request.locator.length === 0) {
    const entry = headers.find(request.hashStop);
    if (entry === undefined || !blockRequestAllowed(headers, chain, entry, params)) return undefined;
    // Core goes on along the active chain from there; of a block off the chain it has no next.
    return chain.contains(entry)
      ? follow(headers, chain, headers.height(entry), request.hashStop, MAX_HEADERS_RESULTS)
      : [entry];
  }
  const start = headers.height(chain.findFork(request.locator)) + 1;
  return follow(headers, chain, start, request.hashStop, MAX_HEADERS_RESULTS);
}

function follow(
  headers: HeaderTree,
  chain: ActiveChain,
  start: number,
  hashStop: Uint8Array,
  max: number,
): HeaderEntry[] {
  const last = Math.min(chain.height, start + max - 1, stopHeight(headers, chain, hashStop, start));
  const entries: HeaderEntry[] = [];
  for (let height = start; height <= last; height++) entries.push(chain.at(height)!);
  return entries;
}

/** The height to stop at, which is none unless the hash names a block of the chain ahead. */
function stopHeight(
  headers: HeaderTree,
  chain: ActiveChain,
  hashStop: Uint8Array,
  start: number,
): number {
  if (equalHashes(hashStop, NOTHING)) return Infinity;
  const entry = headers.find(hashStop);
  if (entry === undefined || !chain.contains(entry)) return Infinity;
  const height = headers.height(entry);
  return height < start ? Infinity : height;
}

/** The blocks that answer a `getblocks`, and whether there are more. */
export function answerGetBlocks(
  headers: HeaderTree,
  chain: ActiveChain,
  request: GetHeaders,
): { readonly entries: readonly HeaderEntry[]; readonly more: boolean } {
  const start = headers.height(chain.findFork(request.locator)) + 1;
  const stop = stopHeight(headers, chain, request.hashStop, start);
  // Unlike in `getheaders`, the last block is not part of the answer.
  const last = Math.min(chain.height, stop - 1);
  const end = Math.min(last, start + MAX_BLOCKS_TO_INV - 1);
  const entries: HeaderEntry[] = [];
  for (let height = start; height <= end; height++) entries.push(chain.at(height)!);
  return { entries, more: entries.length === MAX_BLOCKS_TO_INV };
}
