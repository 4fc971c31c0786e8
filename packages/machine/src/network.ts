import type { PeerId } from './peer-id.ts';

/**
 * Inputs and effects of machines that talk over byte streams, for drivers (`@btcp2p/reactor`, a
 * simulator) and machines (`@btcp2p/node`) to share.
 *
 * Addresses are text, `host:port`, with IPv6 hosts in brackets. The *driver* counts connections and
 * so names peers: a dial that fails never had a peer id (as Core's `NodeId`).
 */
export type NetworkInput<Result> =
  /** A connection stands. `attempt` is that of the `connect` effect; an inbound one has none. */
  | {
      readonly type: 'connected';
      readonly peer: PeerId;
      readonly address: string;
      readonly localAddress: string;
      readonly attempt: number | undefined;
    }
  /** A dial came to nothing. */
  | { readonly type: 'connect-failed'; readonly attempt: number; readonly cause: string }
  /** Bytes came, in order. They are the machine's: the driver never writes to `data` again. */
  | { readonly type: 'received'; readonly peer: PeerId; readonly data: Uint8Array }
  /**
   * All that was sent to the peer so far has left this process. Given once after each time the
   * queue empties: a machine that counts what it sent since knows how much may still wait.
   */
  | { readonly type: 'drained'; readonly peer: PeerId }
  /** The connection has ended, for whatever reason. The last input for that peer. */
  | { readonly type: 'disconnected'; readonly peer: PeerId; readonly cause: string }
  /** The answer to a `request`. Each token is answered exactly once. */
  | { readonly type: 'completed'; readonly token: number; readonly result: Result };

/** What such a machine asks its driver for, to be carried out in order. */
export type NetworkEffect<Job, Event> =
  /** Dial. Answered by `connected` or `connect-failed` with the same attempt. */
  | { readonly type: 'connect'; readonly attempt: number; readonly address: string }
  /** Queue bytes for a peer. The driver owns them from here on. Unknown peers are ignored. */
  | { readonly type: 'send'; readonly peer: PeerId; readonly data: Uint8Array }
  /**
   * End the connection, after what is queued has been handed to the system. Nothing more is
   * delivered from that peer but its `disconnected`.
   */
  | { readonly type: 'disconnect'; readonly peer: PeerId }
  /** Stop reading from a peer, until `resume`. The sender feels it through TCP. */
  | { readonly type: 'pause'; readonly peer: PeerId }
  | { readonly type: 'resume'; readonly peer: PeerId }
  /** Slow work for the driver: answered by `completed`. */
  | { readonly type: 'request'; readonly token: number; readonly job: Job }
  /** Something that the application may want to log or show. */
  | { readonly type: 'event'; readonly event: Event };
