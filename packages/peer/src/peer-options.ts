import type { PeerId, Rng, Time } from '@btcp2p/machine';
import type { Feature, Network, Sha256d, VersionAddress } from '@btcp2p/wire';
import type { ConnectionType } from './connection-type.ts';
import type { NetPermission } from './permissions.ts';
import type { TrafficShaping } from './traffic-shaping.ts';
import type { Transport } from './transport.ts';

/** How one connection is to be conducted. */
export interface PeerOptions {
  readonly id: PeerId;
  readonly connectionType: ConnectionType;
  readonly network: Network;
  /** Draws the nonces of pings. */
  readonly rng: Rng;
  /** The moment at which the connection came to stand: its clock starts. */
  readonly now: Time;
  /** The peer's `host:port`, for {@link PeerInfo} and the log. */
  readonly address: string;

  /** What we offer: bits of `ServiceFlags`. */
  readonly services: bigint;
  /** Ours (BIP 14), at most 256 bytes. */
  readonly userAgent: string;
  /** Height of our chain. */
  readonly startHeight: number;
  /**
   * Whether our `version` asks for transactions. On `block-relay-only` and `feeler` connections it
   * never does.
   */
  readonly relay: boolean;
  /** 64 random bits for our `version`. The caller remembers them, for `isOwnNonce`. */
  readonly nonce: bigint;
  /**
   * Where we see the peer, for our `version`. Core fills this in only if the address is public and
   * was not reached through a proxy. Unspecified by default.
   */
  readonly receiver?: VersionAddress;
  /** 70016 by default. From 70017 on, `feature` messages are exchanged (BIP 434). */
  readonly protocolVersion?: number;
  /** What we offer by BIP 434, most preferred first. */
  readonly features?: readonly Feature[];

  /** What outbound peers have to offer, except `manual` and `feeler` ones. */
  readonly requiredServices: bigint;
  /**
   * In place of `requiredServices`: what a peer that offers `services` has to offer. Core, for one,
   * takes pruned peers once it is close to the tip (`GetDesirableServiceFlags`, net_processing.cpp).
   */
  readonly requiredServicesOf?: (services: bigint) => bigint;
  /**
   * Whether a nonce is that of one of our outbound connections that are still in the handshake
   * (Core `CConnman::CheckIncomingNonce`). Asked for inbound peers only.
   */
  readonly isOwnNonce: (nonce: bigint) => boolean;
  /** None by default. */
  readonly permissions?: readonly NetPermission[];
  /** Milliseconds for the handshake, 60 s by default. No other timeout applies before it. */
  readonly peerTimeout?: number;

  /**
   * Whether to stop after each `message` effect until the input `continue`, so that what the peer
   * sent later waits, pings among it, until the caller has done all that a message asks for. Core
   * handles messages so. Off by default.
   */
  readonly oneMessageAtATime?: boolean;

  /** Whether every message is told of by a `trace` effect, for a log. Off by default. */
  readonly traceMessages?: boolean;
  /** Whether these effects have the payloads. Off by default: what is sent is encoded twice for it. */
  readonly capturePayloads?: boolean;

  /** `V1Transport` by default. */
  readonly transport?: Transport;
  /** Sends decoys over an encrypted transport. None by default. */
  readonly shaping?: TrafficShaping;
  /** For the default transport. */
  readonly sha256d?: Sha256d;
}
