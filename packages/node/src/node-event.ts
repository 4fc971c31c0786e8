import type { HeaderEntry } from '@btcp2p/consensus';
import type { PeerId } from '@btcp2p/machine';
import type { ConnectionType, DisconnectReason, Established, NoticeCode } from '@btcp2p/peer';
import type { SyncDisconnectReason, SyncNoticeCode } from '@btcp2p/sync';

/** What a node tells its application, for logs and displays. Nothing depends on its being read. */
export type NodeEvent =
  | {
      readonly type: 'peer-connected';
      readonly peer: PeerId;
      readonly address: string;
      readonly inbound: boolean;
    }
  | {
      readonly type: 'peer-established';
      readonly peer: PeerId;
      readonly connectionType: ConnectionType;
      readonly info: Established;
    }
  | {
      readonly type: 'peer-disconnected';
      readonly peer: PeerId;
      /** Why we ended it; undefined if the other side or the network did. */
      readonly reason: NodeDisconnectReason | undefined;
      readonly detail: string;
    }
  /** Connections are made and taken from now on, or no more. */
  | { readonly type: 'network-active'; readonly active: boolean }
  /** A dial begins. */
  | { readonly type: 'dialling'; readonly name: string; readonly transport: 'v1' | 'v2' }
  /** There is a connection already with a node that was to be dialled. */
  | { readonly type: 'already-connected'; readonly name: string; readonly address: string }
  | {
      readonly type: 'connect-failed';
      readonly address: string;
      /** Whether the user asked for it. */
      readonly isManual: boolean;
      readonly cause: string;
    }
  /** The first bytes of a v2 handshake go out. */
  | { readonly type: 'v2-handshake'; readonly peer: PeerId }
  /** The peer hung up on v2, or speaks v1: v1 is tried. */
  | { readonly type: 'reconnecting-v1'; readonly peer: PeerId; readonly address: string }
  /** A connection came to stand that is not wanted. `detail` is Core's line. */
  | { readonly type: 'inbound-refused'; readonly address: string; readonly detail: string }
  /** Headers were accepted and are kept; `last` is the last of them. */
  | { readonly type: 'headers'; readonly count: number; readonly last: HeaderEntry }
  /** A block became the last of the chain. */
  | { readonly type: 'block-connected'; readonly entry: HeaderEntry }
  /** The last block was taken off the chain. */
  | { readonly type: 'block-disconnected'; readonly entry: HeaderEntry }
  /** The chain moved, and came to rest. */
  | {
      readonly type: 'tip';
      readonly tip: HeaderEntry;
      readonly height: number;
      readonly connected: number;
      readonly disconnected: number;
    }
  | { readonly type: 'block-rejected'; readonly entry: HeaderEntry; readonly detail: string }
  | {
      readonly type: 'message';
      readonly direction: 'received' | 'sent';
      readonly peer: PeerId;
      readonly messageType: string;
      /** `host:port` of the peer. */
      readonly address: string;
      /** Bytes without framing. */
      readonly payloadSize: number;
      /** The bytes, if they are asked for. They are not the listener's to keep or change. */
      readonly payload?: Uint8Array;
    }
  | {
      readonly type: 'notice';
      readonly code: NoticeCode | SyncNoticeCode | NodeNoticeCode;
      readonly peer: PeerId | undefined;
      readonly detail: string;
    }
  /** Storage failed: the node does nothing any more, and the application should stop. */
  | { readonly type: 'fatal'; readonly detail: string };

/**
 * What a node itself has to say of a peer.
 *
 * - `ignored-request`: a message was ignored
 * - `request`: what a peer asks for; only where messages are traced
 */
export type NodeNoticeCode = 'ignored-request' | 'request';

/** Why a node ends a connection: what `peer` and `sync` find, and what only a node knows. */
export type NodeDisconnectReason =
  | DisconnectReason
  | SyncDisconnectReason
  | 'stopped'
  | 'requested'
  | 'network-inactive'
  | 'addr-fetch-complete'
  | 'unwanted-transaction'
  | 'unsupported-request'
  | 'invalid-filter-request'
  | 'block-unreadable'
  | 'block-below-threshold';
