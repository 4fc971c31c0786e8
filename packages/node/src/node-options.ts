import type { ConsensusParams, HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { Rng } from '@btcp2p/machine';
import type { Network, Sha256d } from '@btcp2p/wire';

/** What a node starts from. */
export interface NodeOptions {
  readonly network: Network;
  readonly params: ConsensusParams;
  /** All headers known so far, from genesis or what the user trusts. The node adds to it. */
  readonly headers: HeaderTree;
  /** The blocks that storage holds, in any order. They were checked when they were stored. */
  readonly storedBlocks?: Iterable<HeaderEntry>;
  readonly rng: Rng;
  readonly sha256d?: Sha256d;
  /** BIP 14, at most 256 bytes. */
  readonly userAgent: string;
  /** What we offer, bits of `ServiceFlags`: by default the whole chain, with witnesses. */
  readonly services?: bigint;
  /** Most inbound connections at a time; 114 by default, as Core's 125 less 11 outbound. */
  readonly maxInbound?: number;
  /** Milliseconds for a version handshake (`-peertimeout`), 60 s by default. */
  readonly peerTimeout?: number;
  /** Work below which a chain is not followed (`-minimumchainwork`); the network's by default. */
  readonly minimumChainWork?: bigint;
  /** Seconds by which the tip may be old once we are synced (`-maxtipage`), a day by default. */
  readonly maxTipAge?: number;
  /**
   * Whether every message is told as an event. Off by default: it costs an object for each message.
   */
  readonly traceMessages?: boolean;
}

/** Most inbound connections: Core's `DEFAULT_MAX_PEER_CONNECTIONS` (net.h), 125, less 11 outbound. */
export const DEFAULT_MAX_INBOUND = 114;
