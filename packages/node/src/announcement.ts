import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';

/** Most headers that announce blocks (Core `MAX_BLOCKS_TO_ANNOUNCE`, net_processing.cpp). */
export const MAX_BLOCKS_TO_ANNOUNCE = 8;

/** How to tell one peer of new blocks. */
export type Announcement =
  | { readonly type: 'headers'; readonly entries: readonly HeaderEntry[] }
  | { readonly type: 'inv'; readonly entry: HeaderEntry };

/**
 * Chooses how a peer learns of new blocks.
 *
 * **Specification** (Core `SendMessages`, net_processing.cpp). A peer that asked for it
 * (`sendheaders`, BIP 130) gets the headers of all new blocks that it lacks, if these are at most
 * 8 and follow on a header that it has. Every other peer gets an `inv` of the newest, unless it has
 * that.
 *
 * **Rationale.** Headers spare a round trip but are useless, and cost a `getheaders`, where they do
 * not connect.
 *
 * @param connected blocks that are new in the chain, lowest first; not empty
 * @param hasHeader whether the peer is known to have a header
 */
export function chooseAnnouncement(
  headers: HeaderTree,
  connected: readonly HeaderEntry[],
  prefersHeaders: boolean,
  hasHeader: (entry: HeaderEntry) => boolean,
): Announcement | undefined {
  const newest = connected.at(-1)!;
  if (hasHeader(newest)) return undefined;
  const recent = connected.slice(-MAX_BLOCKS_TO_ANNOUNCE);
  const first = recent.findIndex((entry) => !hasHeader(entry));
  const entries = recent.slice(first);
  const parent = headers.parent(entries[0]!);
  if (prefersHeaders && connected.length <= MAX_BLOCKS_TO_ANNOUNCE) {
    if (parent !== undefined && hasHeader(parent)) return { type: 'headers', entries };
  }
  return { type: 'inv', entry: newest };
}
