import type { Aead } from '@btcp2p/bip324';
import type { ConsensusParams, HeaderTree } from '@btcp2p/consensus';
import type { Rng } from '@btcp2p/machine';
import type { TrafficShaping } from '@btcp2p/peer';
import type { Network, Sha256d } from '@btcp2p/wire';
import type { PermissionRules } from './net-permissions.ts';
import type { ChainState } from './active-chain.ts';

/** What a node starts from. */
export interface NodeOptions {
  readonly network: Network;
  readonly params: ConsensusParams;
  /** All headers known so far, from genesis or what the user trusts. The node adds to it. */
  readonly headers: HeaderTree;
  /** The chain of blocks at start; only the tree's first block by default. */
  readonly chain?: ChainState;
  readonly rng: Rng;
  readonly sha256d?: Sha256d;
  /** BIP 14, at most 256 bytes. */
  readonly userAgent: string;
  /**
   * What we offer, bits of `ServiceFlags`: by default the whole chain, with witnesses, and v2 if we
   * speak it.
   */
  readonly services?: bigint;
  /** Most inbound connections at a time; 114 by default, as Core's 125 less 11 outbound. */
  readonly maxInbound?: number;
  /** All connections but those that the user asked for (`-maxconnections`); 125 by default. */
  readonly maxConnections?: number;
  /** Whether peers are asked for transactions. They are not, by default. */
  readonly relayTransactions?: boolean;
  /** Who may do what others may not (`-whitelist`, `-whitebind`). Nobody by default. */
  readonly permissions?: PermissionRules;
  /** Those of our addresses, `host:port`, at which only Tor connects (`-bind=…=onion`). */
  readonly onionBinds?: readonly string[];
  /** Milliseconds for a version handshake (`-peertimeout`), 60 s by default. */
  readonly peerTimeout?: number;
  /** Work below which a chain is not followed (`-minimumchainwork`); the network's by default. */
  readonly minimumChainWork?: bigint;
  /** Seconds by which the tip may be old once we are synced (`-maxtipage`), a day by default. */
  readonly maxTipAge?: number;
  /**
   * Whether connections are encrypted where the peer can do so (`-v2transport`, BIP 324). On by
   * default.
   */
  readonly v2Transport?: boolean;
  /** That of `@noble/ciphers` by default. */
  readonly aead?: Aead;
  /** Part of one core that inbound v2 handshakes may take all together, 0.25 by default. */
  readonly inboundKeyWorkShare?: number;
  /** Hides the shape of what passes over encrypted connections. Off by default. */
  readonly shaping?: TrafficShaping;
  /**
   * Whether every message is told as an event. Off by default: it costs an object for each message.
   */
  readonly traceMessages?: boolean;
  /** Whether these events have the messages' bytes too. Off by default: it costs an encoding more. */
  readonly capturePayloads?: boolean;
}

/** Most connections (Core `DEFAULT_MAX_PEER_CONNECTIONS`, net.h). */
export const DEFAULT_MAX_PEER_CONNECTIONS = 125;

/** Most inbound connections: Core's `DEFAULT_MAX_PEER_CONNECTIONS` (net.h), 125, less 11 outbound. */
export const DEFAULT_MAX_INBOUND = 114;
