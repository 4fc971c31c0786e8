import type { PeerId, Time } from '@btcp2p/machine';
import {
  PROTOCOL_VERSION,
  type AddedNode,
  type Node,
  type NodePeerInfo,
  type OutboundType,
} from '@btcp2p/node';
import { CLIENT_VERSION } from './client.ts';
import type { NodeOptions } from './node-options.ts';
import type { NetworkContext } from './rpc/network-context.ts';

/** What {@link NetworkControl} works on. */
export interface NetworkControlOptions {
  readonly node: Node;
  readonly options: Pick<NodeOptions, 'network' | 'userAgent'>;
  /** Calls a command of the machine in a turn of its own. */
  run(command: (now: Time) => void): void;
  /** The time, for what changes nothing. */
  now(): Time;
  /** What the user is warned of. */
  warnings(): readonly string[];
}

/** The connections of a running node, for the methods about the network. */
export class NetworkControl implements NetworkContext {
  readonly #node: Node;
  readonly #options: NetworkControlOptions;

  constructor(options: NetworkControlOptions) {
    this.#node = options.node;
    this.#options = options;
  }

  get isRegtest(): boolean {
    return this.#options.options.network.chain === 'regtest';
  }
  get version(): number {
    const [major = 0, minor = 0, patch = 0] = CLIENT_VERSION.split('.').map((part) => parseInt(part, 10));
    return 10_000 * major + 100 * minor + patch;
  }
  get userAgent(): string {
    return this.#options.options.userAgent;
  }
  get protocolVersion(): number {
    return PROTOCOL_VERSION;
  }
  get services(): bigint {
    return this.#node.services;
  }
  get takesTransactions(): boolean {
    return this.#node.takesTransactions;
  }
  get timeOffset(): number {
    return this.#node.timeOffset;
  }
  get isNetworkActive(): boolean {
    return this.#node.isNetworkActive;
  }
  get warnings(): readonly string[] {
    return this.#options.warnings();
  }
  get totals(): { readonly received: number; readonly sent: number } {
    const { received, sent } = this.#node.status;
    return { received, sent };
  }
  systemTime(): number {
    return Date.now();
  }
  connectionCount(direction: 'inbound' | 'outbound' | 'both'): number {
    return this.#node.connectionCount(direction);
  }
  peers(): readonly NodePeerInfo[] {
    return this.#node.peers(this.#options.now());
  }
  addedNodes(): readonly AddedNode[] {
    return this.#node.addedNodes();
  }
  ping(): void {
    this.#run((now) => this.#node.ping(now));
  }
  addNode(name: string, useV2: boolean): boolean {
    return this.#run((now) => this.#node.addNode(name, now, useV2));
  }
  removeNode(name: string): boolean {
    return this.#run(() => this.#node.removeNode(name));
  }
  tryNode(name: string, useV2: boolean): void {
    this.#run((now) => this.#node.tryNode(name, now, useV2));
  }
  addConnection(name: string, type: Exclude<OutboundType, 'manual'>, useV2: boolean): boolean {
    return this.#run((now) => this.#node.addConnection(name, type, useV2, now));
  }
  disconnectNode(node: number | string): boolean {
    return this.#run((now) => this.#node.disconnectNode(node as PeerId | string, now));
  }
  sendMessage(id: number, messageType: string, bytes: Uint8Array): boolean {
    return this.#run((now) => this.#node.sendMessage(id as PeerId, messageType, bytes, now));
  }
  setNetworkActive(active: boolean): void {
    this.#run((now) => this.#node.setNetworkActive(active, now));
  }

  #run<T>(command: (now: Time) => T): T {
    let result: { readonly value: T } | undefined;
    this.#options.run((now) => (result = { value: command(now) }));
    if (result === undefined) throw new Error('a command of the network was put off');
    return result.value;
  }
}
