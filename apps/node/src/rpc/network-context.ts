import type { AddedNode, NodePeerInfo, OutboundType } from '@btcp2p/node';

/** The part of the node that methods about the network work on. */
export interface NetworkContext {
  /** Whether connections of automatic kinds may be asked for: on regtest only. */
  readonly isRegtest: boolean;
  /** As a number: 10,000 times the major version, 100 times the minor one, and the patch. */
  readonly version: number;
  /** BIP 14. */
  readonly userAgent: string;
  readonly protocolVersion: number;
  /** What we offer: bits of `ServiceFlags`. */
  readonly services: bigint;
  readonly takesTransactions: boolean;
  /** Seconds by which peers are ahead of us. */
  readonly timeOffset: number;
  readonly isNetworkActive: boolean;
  /** What the user is warned of. */
  readonly warnings: readonly string[];
  /** Bytes since the start. */
  readonly totals: { readonly received: number; readonly sent: number };
  /** Milliseconds since 1970 by the system's clock, whatever time has been set. */
  systemTime(): number;
  connectionCount(direction: 'inbound' | 'outbound' | 'both'): number;
  peers(): readonly NodePeerInfo[];
  addedNodes(): readonly AddedNode[];
  /** Pings all peers. */
  ping(): void;
  /** Wants a connection to a node from now on. Answers false if it is wanted already. */
  addNode(name: string, useV2: boolean): boolean;
  /** Answers false if it was not wanted. */
  removeNode(name: string): boolean;
  /** Tries a connection once. */
  tryNode(name: string, useV2: boolean): void;
  /** Answers false if there are as many of that kind as there may be. */
  addConnection(name: string, type: Exclude<OutboundType, 'manual'>, useV2: boolean): boolean;
  /** By id, or by what `getpeerinfo` shows as `addr`. Answers false if there is no such peer. */
  disconnectNode(node: number | string): boolean;
  /** Answers false if there is no such peer, or the message would be out of place now. */
  sendMessage(id: number, messageType: string, bytes: Uint8Array): boolean;
  setNetworkActive(active: boolean): void;
}
