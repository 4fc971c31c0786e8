import type { KeyWork, KeyWorkResult } from '@btcp2p/bip324';
import type { Feature, Message, MessageType, Version } from '@btcp2p/wire';
import type { DisconnectReason } from './disconnect-reason.ts';

/** What happens to a connection. */
export type PeerInput =
  /**
   * Bytes came. Messages that are made of them may be views of `data`: it must stay as it is until
   * their effects have been carried out, however many inputs later `oneMessageAtATime` makes that.
   */
  | { readonly type: 'received'; readonly data: Uint8Array }
  /**
   * The caller is done with the last message that it got: it wants the next. Only for peers that
   * are made with `oneMessageAtATime`.
   *
   * With `only`, it wants the next if that is of this type, and else waits on: what came after blocks
   * can wait for them while more blocks are taken.
   */
  | { readonly type: 'continue'; readonly only?: MessageType }
  /**
   * The caller wants a message sent. Throws `PeerError` before the connection is established, and
   * for messages of the handshake; does nothing after a disconnect.
   */
  | { readonly type: 'send'; readonly message: Message }
  /** The result of the last `work` effect. */
  | { readonly type: 'worked'; readonly result: KeyWorkResult }
  /** The connection is gone: keys are overwritten, and nothing more happens. */
  | { readonly type: 'disconnected' };

/** What was found out about a peer by the time of its `verack`. */
export interface Established {
  readonly type: 'established';
  readonly version: Version;
  /** Whether what passes is encrypted (BIP 324). */
  readonly transport: 'v1' | 'v2';
  /** 32 bytes that both sides of an encrypted connection share, and nobody else's have. */
  readonly sessionId: Uint8Array | undefined;
  /** The lower of both protocol versions. */
  readonly commonVersion: number;
  /** Seconds by which the peer's clock is ahead of ours. */
  readonly timeOffset: number;
  /** Transactions are announced by wtxid (BIP 339). */
  readonly wtxidRelay: boolean;
  /** Addresses are to be sent as `addrv2` (BIP 155). */
  readonly wantsAddrV2: boolean;
  /** Transactions may be announced to the peer from the start. */
  readonly relaysTransactions: boolean;
  /** Those of our features that the peer offers too, in its order (BIP 434). */
  readonly features: readonly Feature[];
}

/**
 * What the log may want to know:
 *
 * - `rejected`: a frame that does not hold together was dropped
 * - `undecodable`: a message that does not decode was dropped
 * - `message-before-version`, `message-before-verack`: it came too soon and was dropped
 * - `redundant-version`, `redundant-verack`: it came again and was dropped
 * - `ignored-negotiation`: `wtxidrelay`, `sendtxrcncl` or `feature` that changes nothing
 * - `pong-problem`: a pong that does not fit the outstanding ping
 * - `misbehaving`: a peer broke the protocol, and is not disconnected for it
 * - `not-punished`: why it is not
 * - `version`: a `version` was sent or received; only with `traceMessages`
 */
export type NoticeCode =
  | 'rejected'
  | 'undecodable'
  | 'message-before-version'
  | 'message-before-verack'
  | 'redundant-version'
  | 'redundant-verack'
  | 'ignored-negotiation'
  | 'pong-problem'
  | 'misbehaving'
  | 'not-punished'
  | 'version';

/** What a connection asks for. Nothing follows `disconnect`. */
export type PeerEffect =
  /** Bytes for the peer. */
  | { readonly type: 'send'; readonly data: Uint8Array }
  /**
   * A slow step of the encrypted transport, to be answered by `worked`: until then what the peer
   * sends waits. Only for transports that are made with `deferWork`.
   */
  | { readonly type: 'work'; readonly work: KeyWork }
  | Established
  /** A message for the caller, always after `established`. `size` is bytes on the wire. */
  | { readonly type: 'message'; readonly message: Message; readonly size: number }
  /** The connection is over. `detail` is the line of Core's debug log. */
  | { readonly type: 'disconnect'; readonly reason: DisconnectReason; readonly detail: string }
  /** `detail` is the line of Core's debug log. */
  | { readonly type: 'notice'; readonly code: NoticeCode; readonly detail: string }
  /**
   * A message was received whole, or is sent. Only for peers that are made with `traceMessages`.
   * The payload is there with `capturePayloads` only; one that was received is a view of `data`.
   */
  | {
      readonly type: 'trace';
      readonly direction: 'received' | 'sent';
      readonly messageType: string;
      /** Bytes without framing. */
      readonly payloadSize: number;
      readonly payload?: Uint8Array;
    };
