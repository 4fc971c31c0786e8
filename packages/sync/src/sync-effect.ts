import type { HeaderEntry } from '@btcp2p/consensus';
import type { PeerId } from '@btcp2p/machine';
import type { BlockView, Message } from '@btcp2p/wire';

/**
 * Why {@link Sync} gives a peer up. None of it is a breach of the protocol.
 *
 * - `stalling`: it held up the download window
 * - `block-timeout`: a block did not come
 * - `headers-timeout`: it was the one headers were synchronised with, and was not done in time
 * - `insufficient-work`: all of its chain has less work than the chain is known to have
 * - `outdated-chain`: it stayed behind our chain
 */
export type SyncDisconnectReason =
  | 'stalling'
  | 'block-timeout'
  | 'headers-timeout'
  | 'insufficient-work'
  | 'outdated-chain';

/**
 * What happened that a log may tell.
 *
 * - `initial-getheaders`: a sync of headers with a peer begins
 * - `low-work-chain`: headers were ignored, since their chain has too little work
 * - `low-work-block`: so was a block
 * - `new-header`: a peer was the first to send headers, the last of which is named
 * - `unconnecting-headers`: headers build on one that is not known
 * - `unrequested-block`: a block was ignored that nobody asked for
 * - `stall-started`: a peer holds up the download window
 * - `stalling-timeout`: how long it may, has changed
 * - `headers-timeout`: a trusted peer was too slow with its headers
 * - `invalid-header`: a header was refused for which the peer is not to blame
 * - `invalid-block-header`: a block was refused for its header
 * - `protected`: an outbound peer will be kept even if it falls behind
 * - `initial-block-download-finished`: we have caught up, for good
 */
export type SyncNoticeCode =
  | 'initial-getheaders'
  | 'low-work-chain'
  | 'low-work-block'
  | 'new-header'
  | 'unconnecting-headers'
  | 'unrequested-block'
  | 'stall-started'
  | 'stalling-timeout'
  | 'headers-timeout'
  | 'invalid-header'
  | 'invalid-block-header'
  | 'protected'
  | 'initial-block-download-finished';

/** What {@link Sync} wants its owner to do. */
export type SyncEffect =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: Message }
  /** The peer is of no use. It is forgotten already, and anything it still sends is ignored. */
  | {
      readonly type: 'disconnect';
      readonly peer: PeerId;
      readonly reason: SyncDisconnectReason;
      readonly detail: string;
    }
  /** The peer broke the protocol: disconnect and discourage it, unless it is exempt from that. */
  | { readonly type: 'misbehaving'; readonly peer: PeerId; readonly detail: string }
  /** New headers, parents before children, to be stored and announced. */
  | { readonly type: 'headers'; readonly entries: readonly HeaderEntry[] }
  /** A wanted block: check and store it, then call `blockStored` or `blockInvalid`, once. */
  | {
      readonly type: 'block';
      readonly entry: HeaderEntry;
      readonly block: BlockView;
      readonly peer: PeerId;
    }
  | {
      readonly type: 'notice';
      readonly code: SyncNoticeCode;
      readonly peer?: PeerId;
      readonly detail: string;
    };
