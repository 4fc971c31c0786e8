import type { Instant, PeerId } from '@btcp2p/machine';
import type { ConnectionType } from '@btcp2p/peer';
import { parseAddress, splitHostPort } from '@btcp2p/wire';
import { ManualConnections } from './manual-connections.ts';

/** What connections that we make can be for. */
export type OutboundType = Exclude<ConnectionType, 'inbound'>;

/** Most connections of a kind, as Core has them (`CConnman::Init`, net.h). */
export interface OutboundLimits {
  /** All that are not `manual` (Core `m_max_automatic_outbound`). */
  readonly automatic: number;
  readonly fullRelay: number;
  readonly blockRelay: number;
}

/** Core `MAX_OUTBOUND_FULL_RELAY_CONNECTIONS` (net.h). */
export const MAX_OUTBOUND_FULL_RELAY_CONNECTIONS = 8;
/** Core `MAX_BLOCK_RELAY_ONLY_CONNECTIONS` (net.h). */
export const MAX_BLOCK_RELAY_ONLY_CONNECTIONS = 2;
/** Core `MAX_FEELER_CONNECTIONS` (net.h). */
export const MAX_FEELER_CONNECTIONS = 1;

/** Limits for so many automatic connections, inbound ones among them (`-maxconnections`). */
export function outboundLimits(maxConnections: number): OutboundLimits {
  const fullRelay = Math.min(MAX_OUTBOUND_FULL_RELAY_CONNECTIONS, maxConnections);
  const blockRelay = Math.min(MAX_BLOCK_RELAY_ONLY_CONNECTIONS, maxConnections - fullRelay);
  const automatic = Math.min(fullRelay + blockRelay + MAX_FEELER_CONNECTIONS, maxConnections);
  return { automatic, fullRelay, blockRelay };
}

/** A connection to be made. */
export interface Dial {
  readonly attempt: number;
  /** What the user calls the node: `host` or `host:port`. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly type: OutboundType;
  /** Whether v2 is tried. */
  readonly useV2: boolean;
  /** Whether it is a second try, with v1, since v2 was hung up on. */
  readonly isFallback: boolean;
  /** Whether the node is one of the wanted ones, and so dialled again and again. */
  readonly isAdded: boolean;
}

/**
 * The connections that we make: those with nodes that the user wants always ({@link added}), and
 * those that are tried once.
 *
 * **Specification.** A dial has a number by which its outcome is told. A connection that may have
 * been hung up on because it spoke v2 is dialled again at once, once, for v1, whatever it is for.
 * Limits hold for automatic kinds, dials included (Core net.cpp, `AddConnection`).
 *
 * **Rationale.** Core connects to 8 added nodes at a time, from a thread that waits for each. Here
 * nobody waits, and who names more nodes wants more.
 */
export class OutboundConnections {
  readonly #limits: OutboundLimits;
  readonly #defaultPort: number;
  /** Nodes that the user wants to be connected to. */
  readonly added = new ManualConnections();
  /** Dials that have not begun. */
  readonly #queue: Dial[] = [];
  readonly #dials = new Map<number, Dial>();
  readonly #open = new Map<PeerId, Dial>();
  /** Those of them that are being ended, and so are not counted any more. */
  readonly #closing = new Set<PeerId>();
  #nextAttempt = 0;

  constructor(limits: OutboundLimits, defaultPort: number) {
    this.#limits = limits;
    this.#defaultPort = defaultPort;
  }

  /** `host:port` of what a user calls a node. */
  addressOf(name: string): string {
    const { host, port } = splitHostPort(name) ?? { host: name, port: undefined };
    const shown = host.includes(':') ? `[${host}]` : host;
    return `${shown}:${port ?? this.#defaultPort}`;
  }

  /** Whether two names are surely of the same node: the same text, or the same address and port. */
  isSame(a: string, b: string): boolean {
    if (a === b) return true;
    const [first, second] = [a, b].map((name) => parseAddress(name, this.#defaultPort));
    if (first === undefined || second === undefined) return false;
    return (
      first.network === second.network &&
      first.port === second.port &&
      first.bytes.every((byte, i) => second.bytes[i] === byte)
    );
  }

  /** How a connection was made; undefined if it came in. */
  of(peer: PeerId): Dial | undefined {
    return this.#open.get(peer);
  }

  /** Tries a connection once. */
  once(name: string, type: OutboundType, useV2: boolean): void {
    this.#enqueue({ name, address: this.addressOf(name), type, useV2, isFallback: false, isAdded: false });
  }

  /** Whether one more of a kind may be tried (Core net.cpp, `AddConnection`). */
  hasRoomFor(type: OutboundType): boolean {
    const { automatic, fullRelay, blockRelay } = this.#limits;
    if (type === 'outbound-full-relay' && this.#count(type) >= fullRelay) return false;
    if (type === 'block-relay-only' && this.#count(type) >= blockRelay) return false;
    return this.#all().filter(({ type }) => type !== 'manual').length < automatic;
  }

  /**
   * The next dial to begin, if one is due.
   *
   * @param now the real time: the user's does not matter here
   * @param isConnected whether there is a connection with a node already, whoever made it
   */
  next(now: Instant, isConnected: (name: string) => boolean): Dial | undefined {
    let dial = this.#queue.shift();
    if (dial === undefined) {
      const due = this.added.dial(now, isConnected);
      if (due === undefined) return undefined;
      const { name, useV2 } = due;
      const address = this.addressOf(name);
      dial = this.#numbered({ name, address, type: 'manual', useV2, isFallback: false, isAdded: true });
    }
    this.#dials.set(dial.attempt, dial);
    return dial;
  }

  /** A dial led to a connection. Undefined if it is not wanted any more. */
  connected(attempt: number, peer: PeerId): Dial | undefined {
    const dial = this.#take(attempt);
    if (dial === undefined) return undefined;
    if (dial.isAdded && !this.added.connected(dial.name, peer)) return undefined;
    this.#open.set(peer, dial);
    return dial;
  }

  /** A dial came to nothing. Undefined if it is not wanted any more. */
  failed(attempt: number, now: Instant): Dial | undefined {
    const dial = this.#take(attempt);
    if (dial?.isAdded === true) this.added.lost(dial.name, now);
    return dial;
  }

  /** A connection got through its handshake. */
  established(peer: PeerId): void {
    const dial = this.#open.get(peer);
    if (dial?.isAdded === true) this.added.established(dial.name);
  }

  /** A connection is being ended. */
  closing(peer: PeerId): void {
    if (this.#open.has(peer)) this.#closing.add(peer);
  }

  /**
   * A connection has ended.
   *
   * @param reconnectV1 whether v1 is to be tried at once
   * @returns the new dial, if that is going to be done
   */
  disconnected(peer: PeerId, now: Instant, reconnectV1: boolean): Dial | undefined {
    const dial = this.#open.get(peer);
    if (dial === undefined) return undefined;
    this.#open.delete(peer);
    this.#closing.delete(peer);
    if (!reconnectV1) {
      if (dial.isAdded) this.added.lost(dial.name, now);
      return undefined;
    }
    if (dial.isAdded) this.added.redialled(dial.name);
    return this.#enqueue({ ...dial, useV2: false, isFallback: true });
  }

  /** Forgets dials that have not begun. */
  clear(): void {
    this.#queue.length = 0;
  }

  /** When {@link next} next has an answer. */
  deadline(): Instant | undefined {
    if (this.#queue.length > 0) return 0;
    return this.added.deadline();
  }

  #numbered(dial: Omit<Dial, 'attempt'>): Dial {
    return { ...dial, attempt: this.#nextAttempt++ };
  }

  #enqueue(dial: Omit<Dial, 'attempt'>): Dial {
    const numbered = this.#numbered(dial);
    this.#queue.push(numbered);
    return numbered;
  }

  #take(attempt: number): Dial | undefined {
    const dial = this.#dials.get(attempt);
    this.#dials.delete(attempt);
    return dial;
  }

  #all(): Dial[] {
    const open = [...this.#open].filter(([peer]) => !this.#closing.has(peer));
    return [...this.#queue, ...this.#dials.values(), ...open.map(([, dial]) => dial)];
  }

  #count(type: OutboundType): number {
    return this.#all().filter((dial) => dial.type === type).length;
  }
}
