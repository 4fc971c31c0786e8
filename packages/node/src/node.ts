import type { HeaderEntry } from '@btcp2p/consensus';
import {
  Outbox,
  steadyInstant,
  type Instant,
  type Machine,
  type NetworkEffect,
  type NetworkInput,
  type PeerId,
  type Time,
  type UnixTime,
} from '@btcp2p/machine';
import type { KeyWork } from '@btcp2p/bip324';
import { isHandshakeMessage, Peer, V2Transport, type PeerEffect, type Transport } from '@btcp2p/peer';
import { Sync, type SyncEffect } from '@btcp2p/sync';
import {
  MAX_HEADERS_RESULTS,
  ServiceFlags,
  type BlockView,
  type Inventory,
  type Message,
} from '@btcp2p/wire';
import { ActiveChain } from './active-chain.ts';
import { addressGroup } from './address-group.ts';
import { chooseAnnouncement } from './announcement.ts';
import { BlockServer } from './block-server.ts';
import { ChainIntake } from './chain-intake.ts';
import type { BlockOutcome, ChainEvent } from './chain-port.ts';
import {
  isSendFull,
  isValidationFull,
  MAX_KEYLESS_BYTES,
  MAX_RECEIVE_BUFFER_BYTES,
  type Connection,
} from './connection.ts';
import { FilterServer } from './filter-server.ts';
import type { Job, JobResult } from './job.ts';
import { KeyWorkQueue } from './key-work-queue.ts';
import { desirableServices } from './desirable-services.ts';
import { getDataText } from './inventory-text.ts';
import { misbehaviorVerdict } from './misbehavior.ts';
import { permissionsOf, type PermissionRules } from './net-permissions.ts';
import { networkClass } from './network-class.ts';
import type { NodeDisconnectReason, NodeEvent } from './node-event.ts';
import {
  DEFAULT_MAX_INBOUND,
  DEFAULT_MAX_PEER_CONNECTIONS,
  type NodeOptions,
} from './node-options.ts';
import { nodePeerInfo, type NodePeerInfo } from './node-peer-info.ts';
import { OutboundConnections, outboundLimits, type Dial, type OutboundType } from './outbound-connections.ts';
import { relayVerdict } from './relay-messages.ts';
import { TimeOffsets } from './time-offsets.ts';
import { V1OnlyAddresses } from './v1-only-addresses.ts';

/** What happens to a node. */
export type NodeInput =
  | NetworkInput<JobResult>
  /** Something happened to the chain of blocks. */
  | { readonly type: 'chain'; readonly event: ChainEvent };

/** What a node wants done. */
export type NodeEffect = NetworkEffect<Job, NodeEvent>;

/** What a node can tell of itself at any time. */
export interface NodeStatus {
  /** Height of the chain of stored blocks. */
  readonly height: number;
  /** Height of the best header. */
  readonly headers: number;
  /** Height that a presync has come to, while one is under way. */
  readonly presyncHeight: number | undefined;
  /** The greatest height that a connected peer's `version` spoke of. */
  readonly expectedHeight: number;
  readonly inbound: number;
  readonly outbound: number;
  readonly isInitialBlockDownload: boolean;
  /** Bytes received since the start. */
  readonly received: number;
  /** Bytes sent since the start. */
  readonly sent: number;
}

/** A node that the user wants to be connected to (Core's RPC `getaddednodeinfo`). */
export interface AddedNode {
  /** What the user calls it. */
  readonly name: string;
  /** How it is connected, if it is: its address, and who dialled. */
  readonly connection: { readonly address: string; readonly inbound: boolean } | undefined;
}

/** What a node with the whole chain offers. */
const FULL_SERVICES =
  ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS | ServiceFlags.NODE_NETWORK_LIMITED;

const NO_PERMISSIONS: PermissionRules = {
  whitelists: [],
  whitebinds: [],
  relay: true,
  forceRelay: false,
};

type Completion = (result: JobResult, now: Time) => void;

/**
 * A Bitcoin node as a state machine: which connections it holds, what it syncs from them, what it
 * serves them. Sockets, clock, disk and randomness are its driver's (`@btcp2p/reactor`, or a
 * simulator).
 *
 * Besides the inputs there are commands: {@link addNode}, {@link removeNode}, {@link tryNode},
 * {@link addConnection}, {@link disconnectNode}, {@link setNetworkActive}, {@link ping},
 * {@link submitBlock} and {@link stop}. Like inputs they are followed by polling.
 *
 * **Order.** One peer's messages are handled one by one and each to its end: while blocks that it
 * asked for wait to be read or to leave, what it sent after waits too (as in Core, whose tests, and
 * users' ping times, rely on it). A peer that asks and does not read is soon read no more.
 */
export class Node implements Machine<NodeInput, NodeEffect> {
  readonly #options: NodeOptions;
  readonly #services: bigint;
  readonly #outbox = new Outbox<NodeEffect>();
  readonly #connections = new Map<PeerId, Connection>();
  readonly #outbound: OutboundConnections;
  readonly #timeOffsets = new TimeOffsets();
  readonly #v1Only = new V1OnlyAddresses();
  readonly #keyWork: KeyWorkQueue;
  readonly #speaksV2: boolean;
  readonly #chain: ActiveChain;
  readonly #sync: Sync;
  readonly #server: BlockServer;
  readonly #filters: FilterServer;
  readonly #intake: ChainIntake;
  readonly #completions = new Map<number, Completion>();
  #nextToken = 0;
  #received = 0;
  #sent = 0;
  #networkActive = true;
  /** The Unix time at the last input. */
  #unix: UnixTime = 0;
  /** What `instant` was ahead of the real time at the last input. */
  #steadyLag = 0;
  /** Whether none has come yet, or the last `headers` was full, so that more will follow. */
  #expectsHeaders = true;
  #stopped = false;

  constructor(options: NodeOptions) {
    const { headers, params, rng } = options;
    this.#options = options;
    this.#speaksV2 = options.v2Transport ?? true;
    this.#services =
      options.services ?? FULL_SERVICES | (this.#speaksV2 ? ServiceFlags.NODE_P2P_V2 : 0n);
    this.#keyWork = new KeyWorkQueue(options.inboundKeyWorkShare);
    const limits = outboundLimits(options.maxConnections ?? DEFAULT_MAX_PEER_CONNECTIONS);
    this.#outbound = new OutboundConnections(limits, options.network.defaultPort);
    this.#chain = new ActiveChain(headers, options.chain);
    this.#sync = new Sync({
      params,
      headers,
      blocks: this.#chain,
      rng: rng.fork('sync'),
      ...(options.sha256d && { sha256d: options.sha256d }),
      ...(options.minimumChainWork !== undefined && { minimumChainWork: options.minimumChainWork }),
      ...(options.maxTipAge !== undefined && { maxTipAge: options.maxTipAge }),
    });
    this.#intake = new ChainIntake({
      headers,
      chain: this.#chain,
      sync: this.#sync,
      params,
      ...(options.sha256d && { sha256d: options.sha256d }),
      port: {
        request: (job, completion) => this.#request(job, completion),
        event: (event) => this.#event(event),
        announce: (connected, now) => this.#announceAll(connected, now),
        fail: (detail) => this.#fail(detail),
      },
    });
    this.#server = new BlockServer(headers, this.#chain, params, {
      minimumChainWork: options.minimumChainWork ?? params.minimumChainWork,
      services: () => this.services,
      readBlock: (connection, hash, done) =>
        this.#request({ type: 'read-block', hash }, (result, now) => {
          done(result, now);
          this.#pump(connection, now);
        }),
      send: (connection, message, now) => this.#send(connection, message, now),
      disconnect: (connection, reason, detail) => this.#disconnect(connection, reason, detail),
    });
    this.#filters = new FilterServer(headers, this.#chain, params, {
      read: (connection, job, done) =>
        this.#request(job, (result, now) => {
          done(result, now);
          this.#pump(connection, now);
        }),
      send: (connection, message, now) => this.#send(connection, message, now),
      refuse: (connection, detail) => {
        this.#disconnect(connection, 'invalid-filter-request', detail);
      },
      missing: ({ id: peer }, detail) =>
        this.#event({ type: 'notice', code: 'ignored-request', peer, detail }),
    });
  }

  /** The chain of stored blocks. */
  get chain(): ActiveChain {
    return this.#chain;
  }

  /** A snapshot for displays. */
  get status(): NodeStatus {
    let expectedHeight = 0;
    for (const { peer } of this.#connections.values()) {
      expectedHeight = Math.max(expectedHeight, peer.version?.startHeight ?? 0);
    }
    return {
      height: this.#chain.height,
      headers: this.#options.headers.height(this.#options.headers.best),
      presyncHeight: this.#sync.progress.presyncHeight,
      expectedHeight,
      inbound: this.connectionCount('inbound'),
      outbound: this.connectionCount('outbound'),
      isInitialBlockDownload: this.#sync.isInitialBlockDownload,
      received: this.#received,
      sent: this.#sent,
    };
  }

  /**
   * What we offer: bits of `ServiceFlags`. While a snapshot is still to be proved, that is not the whole
   * chain.
   */
  get services(): bigint {
    if (this.#chain.background() === undefined) return this.#services;
    return this.#services & ~ServiceFlags.NODE_NETWORK;
  }

  /** Whether connections are made and taken (Core's RPC `setnetworkactive`). */
  get isNetworkActive(): boolean {
    return this.#networkActive;
  }

  /** Whether we ask peers for transactions (Core without `-blocksonly`). */
  get takesTransactions(): boolean {
    return this.#options.relayTransactions ?? false;
  }

  /** Seconds by which the clocks of peers that we dialled are ahead of ours, as the median. */
  get timeOffset(): number {
    return this.#timeOffsets.median;
  }

  /** How many connections stand, in a direction or in all. */
  connectionCount(direction: 'inbound' | 'outbound' | 'both' = 'both'): number {
    let count = 0;
    for (const { inbound, closing } of this.#connections.values()) {
      if (!closing && (direction === 'both' || inbound === (direction === 'inbound'))) count++;
    }
    return count;
  }

  /** Whether a peer is expected to send more headers of a chain that is still being followed. */
  get isSyncingHeaders(): boolean {
    return this.#sync.isInitialBlockDownload && this.#expectsHeaders;
  }

  /** What `getpeerinfo` says of the connections, by ascending id. */
  peers(now: Time): NodePeerInfo[] {
    const { headers } = this.#options;
    return [...this.#connections.values()]
      .filter(({ closing }) => !closing)
      .map((each) => nodePeerInfo(each, this.#sync.peerInfo(each.id), headers, this.services, now));
  }

  /**
   * Wants a connection to a node from now on (`-connect`, `-addnode`, the RPC `addnode`).
   *
   * @param name `host` or `host:port`
   * @param useV2 whether v2 is tried; by default if we speak it
   * @returns false if it is wanted already, by this name or by its address
   */
  addNode(name: string, now: Time, useV2 = this.#speaksV2): boolean {
    this.#note(now);
    const { added } = this.#outbound;
    const isWanted = added.names().some((other) => this.#outbound.isSame(other, name));
    const isAdded = !isWanted && added.add(name, useV2, steadyInstant(now));
    this.#dial(now);
    return isAdded;
  }

  /** Wants a connection to a node no more. One that stands stays, as in Core. */
  removeNode(name: string): boolean {
    return this.#outbound.added.remove(name);
  }

  /** The nodes that are wanted, in the order in which they were added. */
  addedNodes(): AddedNode[] {
    return this.#outbound.added.names().map((name) => {
      const found = this.#connectionTo(name);
      const connection = found && { address: found.address, inbound: found.inbound };
      return { name, connection };
    });
  }

  /** Tries a connection once, as if the user had named the node (`addnode` with `onetry`). */
  tryNode(name: string, now: Time, useV2 = this.#speaksV2): void {
    this.#open(name, 'manual', useV2, now);
  }

  /**
   * Tries a connection of an automatic kind once (Core's RPC `addconnection`).
   *
   * @returns false if there are as many of that kind as there may be
   */
  addConnection(
    name: string,
    type: Exclude<OutboundType, 'manual'>,
    useV2: boolean,
    now: Time,
  ): boolean {
    if (!this.#outbound.hasRoomFor(type)) return false;
    this.#open(name, type, useV2, now);
    return true;
  }

  /** Ends a connection, by its id or by what `getpeerinfo` shows as `addr`. */
  disconnectNode(node: PeerId | string, now: Time): boolean {
    this.#note(now);
    for (const connection of this.#connections.values()) {
      const { id, name, closing } = connection;
      if (closing || (typeof node === 'string' ? name : id) !== node) continue;
      const by = typeof node === 'string' ? 'address match' : 'id';
      this.#disconnect(connection, 'requested', `disconnect by ${by}, disconnecting peer=${id}`);
      this.#settle(now);
      return true;
    }
    return false;
  }

  /** Makes and takes no connections any more, and ends those that there are; or does so again. */
  setNetworkActive(active: boolean, now: Time): void {
    this.#note(now);
    this.#event({ type: 'network-active', active });
    this.#networkActive = active;
    if (!active) {
      this.#outbound.clear();
      for (const connection of this.#connections.values()) {
        const detail = `Network not active, disconnecting peer=${connection.id}`;
        this.#disconnect(connection, 'network-inactive', detail);
      }
    }
    this.#settle(now);
  }

  /** Pings all peers now (Core's RPC `ping`). */
  ping(now: Time): void {
    this.#note(now);
    for (const connection of this.#connections.values()) {
      if (connection.closing) continue;
      connection.peer.ping(now);
      this.#drainPeer(connection, now);
    }
  }

  /**
   * Sends a peer a message as it is, for tests (Core's RPC `sendmsgtopeer`).
   *
   * @param messageType at most 12 characters of printable ASCII
   * @returns false if there is no such peer, or the message would be out of place in its handshake
   */
  sendMessage(id: PeerId, messageType: string, bytes: Uint8Array, now: Time): boolean {
    this.#note(now);
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.closing || !connection.established) return false;
    if (isHandshakeMessage(messageType)) return false;
    this.#send(connection, { type: 'unknown', payload: { messageType, bytes } }, now);
    this.#settle(now);
    return true;
  }

  /**
   * Takes a block from the user, as `submitblock` does.
   *
   * @param done called once, at once or later; with undefined if the node cannot go on
   */
  submitBlock(
    block: BlockView,
    now: Time,
    done: (outcome: BlockOutcome | undefined) => void,
  ): void {
    this.#intake.submitBlock(block, now, done);
    this.#settle(now);
  }

  /** Takes a header of 80 bytes, as `submitheader` does. Returns Core's word for what is wrong with it. */
  submitHeader(header: Uint8Array, now: Time): string | undefined {
    const reason = this.#intake.submitHeader(header, now);
    this.#settle(now);
    return reason;
  }

  /** Ends all connections and starts no more. */
  stop(): void {
    this.#stopped = true;
    this.#outbound.clear();
    for (const connection of this.#connections.values()) {
      this.#disconnect(connection, 'stopped', 'shutting down');
    }
  }

  handle(input: NodeInput, now: Time): void {
    this.#note(now);
    switch (input.type) {
      case 'connected':
        this.#handleConnected(input, now);
        break;
      case 'connect-failed': {
        const dial = this.#outbound.failed(input.attempt, steadyInstant(now));
        if (dial === undefined) break;
        const isManual = dial.type === 'manual';
        this.#event({ type: 'connect-failed', address: dial.address, isManual, cause: input.cause });
        break;
      }
      case 'received': {
        const connection = this.#connections.get(input.peer);
        this.#received += input.data.length;
        if (connection === undefined || connection.closing) break;
        connection.peer.handle({ type: 'received', data: input.data }, now);
        this.#pump(connection, now);
        break;
      }
      case 'drained': {
        const connection = this.#connections.get(input.peer);
        if (connection === undefined) break;
        connection.unsent = 0;
        this.#pump(connection, now);
        break;
      }
      case 'disconnected':
        this.#handleDisconnected(input.peer, input.cause, now);
        break;
      case 'completed': {
        const completion = this.#completions.get(input.token);
        this.#completions.delete(input.token);
        completion?.(input.result, now);
        break;
      }
      case 'chain':
        this.#intake.handleEvent(input.event, now);
        break;
    }
    this.#settle(now);
  }

  poll(): NodeEffect | undefined {
    return this.#outbox.poll();
  }

  deadline(): Instant | undefined {
    let earliest = Infinity;
    if (this.#mayDial) earliest = this.#outbound.deadline() ?? Infinity;
    earliest = Math.min(earliest, this.#keyWork.deadline() ?? Infinity) + this.#steadyLag;
    earliest = Math.min(earliest, this.#sync.deadline() ?? Infinity);
    for (const { peer, closing } of this.#connections.values()) {
      if (!closing) earliest = Math.min(earliest, peer.deadline() ?? Infinity);
    }
    return earliest === Infinity ? undefined : earliest;
  }

  handleTimeout(now: Time): void {
    this.#note(now);
    for (const connection of this.#connections.values()) {
      if (connection.closing) continue;
      connection.peer.handleTimeout(now);
      this.#drainPeer(connection, now);
    }
    this.#sync.handleTimeout(now);
    this.#settle(now);
  }

  // --- connections -------------------------------------------------------------------------------

  #handleConnected(input: Extract<NodeInput, { type: 'connected' }>, now: Time): void {
    const inbound = input.attempt === undefined;
    const dial = inbound ? undefined : this.#outbound.connected(input.attempt, input.peer);
    const refused = this.#refusal(input.address, inbound, dial !== undefined);
    if (refused !== undefined) {
      this.#outbox.push({ type: 'disconnect', peer: input.peer });
      this.#event({ type: 'inbound-refused', address: input.address, detail: refused });
      return;
    }
    const { rng, network, userAgent, sha256d, peerTimeout, shaping, onionBinds } = this.#options;
    const nonce = rng.u64();
    const useV2 = dial === undefined ? this.#speaksV2 : this.#usesV2(dial, now);
    const transport = useV2 ? this.#v2Transport(input.peer, inbound) : undefined;
    const { services } = this;
    const isOnion = inbound && onionBinds?.includes(input.localAddress) === true;
    const permissions = permissionsOf(this.#options.permissions ?? NO_PERMISSIONS, {
      kind: inbound ? 'inbound' : dial?.type === 'manual' ? 'manual' : 'other',
      address: input.address,
      localAddress: input.localAddress,
      isOnion,
    });
    const peer = new Peer({
      id: input.peer,
      connectionType: dial?.type ?? 'inbound',
      permissions,
      network,
      rng: rng.fork(`peer/${input.peer}`),
      now,
      address: input.address,
      services,
      userAgent,
      startHeight: this.#chain.height,
      relay: this.takesTransactions || permissions.includes('relay'),
      nonce,
      requiredServices: 0n,
      requiredServicesOf: (services) => this.#desirableServices(services),
      isOwnNonce: (theirs) => this.#isOwnNonce(theirs),
      oneMessageAtATime: true,
      traceMessages: this.#options.traceMessages === true,
      capturePayloads: this.#options.capturePayloads === true,
      ...(transport && { transport }),
      ...(shaping && { shaping }),
      ...(sha256d && { sha256d }),
      ...(peerTimeout !== undefined && { peerTimeout }),
    });
    const connection: Connection = {
      id: input.peer,
      peer,
      address: input.address,
      name: dial?.name ?? input.address,
      localAddress: input.localAddress,
      network: networkClass(input.address, isOnion),
      inbound,
      permissions,
      fallbackAddress: dial?.isFallback === true ? dial.address : undefined,
      nonce,
      services,
      established: false,
      closing: false,
      hasKeyWork: false,
      hasSent: false,
      paused: false,
      unsent: 0,
      requests: [],
      reading: false,
      filterRequest: undefined,
      blocksInValidation: 0,
      bytesInValidation: 0,
      continuation: undefined,
      relaysAddresses: false,
      askedForAddresses: false,
      lastBlock: 0,
      lastTransaction: 0,
      bestHeaderSent: undefined,
    };
    this.#connections.set(input.peer, connection);
    const { peer: id, address } = input;
    this.#event({ type: 'peer-connected', peer: id, address, inbound });
    this.#pump(connection, now);
  }

  /** Why a connection is not wanted, if it is not. */
  #refusal(address: string, inbound: boolean, isWanted: boolean): string | undefined {
    if (this.#stopped) return `connection from ${address} dropped: shutting down`;
    if (inbound && !this.#networkActive) {
      return `connection from ${address} dropped: not accepting new connections`;
    }
    if (inbound) {
      const max = this.#options.maxInbound ?? DEFAULT_MAX_INBOUND;
      if (this.connectionCount('inbound') < max) return undefined;
      return 'failed to find an eviction candidate - connection dropped (full)';
    }
    return isWanted ? undefined : `connection to ${address} dropped: no longer wanted`;
  }

  /**
   * Whether a connection that we make tries v2. What is known to speak v1 only is not asked again
   * each time that a wanted node is dialled.
   */
  #usesV2(dial: Dial, now: Time): boolean {
    return dial.useV2 && !(dial.isAdded && this.#v1Only.has(dial.address, now.instant));
  }

  /** What an encrypted connection speaks. */
  #v2Transport(id: PeerId, inbound: boolean): Transport | undefined {
    if (!this.#speaksV2) return undefined;
    const { network, rng, aead, sha256d, shaping } = this.#options;
    const source = rng.fork(`v2/${id}`);
    const garbageSize = shaping?.garbageSize?.(source);
    return new V2Transport({
      role: inbound ? 'responder' : 'initiator',
      magic: network.magic,
      rng: source,
      deferWork: true,
      ...(garbageSize !== undefined && { garbageSize }),
      ...(aead && { aead }),
      ...(sha256d && { sha256d }),
    });
  }

  /** Whether a nonce is ours, of a connection in whose handshake it can still come back. */
  #isOwnNonce(nonce: bigint): boolean {
    for (const connection of this.#connections.values()) {
      if (!connection.inbound && !connection.established && connection.nonce === nonce) return true;
    }
    return false;
  }

  #handleDisconnected(id: PeerId, cause: string, now: Time): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#connections.delete(id);
    this.#keyWork.remove(id);
    const { peer } = connection;
    const reconnectV1 = !connection.established && peer.shouldReconnectV1 && this.#mayDial;
    if (!connection.closing) {
      if (connection.established) this.#sync.removePeer(id, now);
      connection.closing = true;
      this.#event({ type: 'peer-disconnected', peer: id, reason: undefined, detail: cause });
    }
    const again = this.#outbound.disconnected(id, steadyInstant(now), reconnectV1);
    if (again !== undefined) {
      this.#event({ type: 'reconnecting-v1', peer: id, address: again.address });
    }
    peer.handle({ type: 'disconnected' }, now);
  }

  #disconnect(connection: Connection, reason: NodeDisconnectReason, detail: string): void {
    if (connection.closing) return;
    connection.closing = true;
    connection.requests = [];
    connection.filterRequest = undefined;
    this.#outbound.closing(connection.id);
    this.#keyWork.remove(connection.id);
    this.#outbox.push({ type: 'disconnect', peer: connection.id });
    this.#event({ type: 'peer-disconnected', peer: connection.id, reason, detail });
    this.#closed.push(connection);
  }

  /** Connections that we have ended and `sync` has not been told of. */
  readonly #closed: Connection[] = [];

  get #mayDial(): boolean {
    return this.#networkActive && !this.#stopped;
  }

  /** Remembers the time of an input, for what is asked without one. */
  #note(now: Time): void {
    this.#unix = now.unix;
    this.#steadyLag = now.instant - steadyInstant(now);
  }

  /** Tries a connection once, unless there is one with that node. */
  #open(name: string, type: OutboundType, useV2: boolean, now: Time): void {
    this.#note(now);
    if (!this.#mayDial) return;
    const existing = this.#connectionTo(name);
    if (existing === undefined) this.#outbound.once(name, type, useV2);
    else this.#event({ type: 'already-connected', name, address: existing.address });
    this.#dial(now);
  }

  /** The connection with a node, by what the user calls it or by its address. */
  #connectionTo(name: string): Connection | undefined {
    for (const connection of this.#connections.values()) {
      if (connection.closing) continue;
      if (connection.name === name || this.#outbound.isSame(connection.address, name)) {
        return connection;
      }
    }
    return undefined;
  }

  #desirableServices(services: bigint): bigint {
    const { headers, params } = this.#options;
    const age = this.#unix - headers.time(this.#chain.tip());
    return desirableServices(services, age / params.powTargetSpacing);
  }

  #dial(now: Time): void {
    const isConnected = (name: string): boolean => this.#connectionTo(name) !== undefined;
    while (this.#mayDial) {
      const dial = this.#outbound.next(steadyInstant(now), isConnected);
      if (dial === undefined) return;
      const transport = this.#usesV2(dial, now) ? 'v2' : 'v1';
      this.#event({ type: 'dialling', name: dial.name, transport });
      this.#outbox.push({ type: 'connect', attempt: dial.attempt, address: dial.address });
    }
  }

  // --- one peer ----------------------------------------------------------------------------------

  /** Handles what a peer has sent, as far as it can be handled now. */
  #pump(connection: Connection, now: Time): void {
    this.#drainPeer(connection, now);
    while (!connection.closing) {
      this.#server.serve(connection, now);
      this.#filters.serve(connection);
      const { requests, reading, filterRequest } = connection;
      const blocked = requests.length > 0 || reading || filterRequest !== undefined;
      if (blocked || isSendFull(connection) || !connection.peer.isWaiting) break;
      if (connection.blocksInValidation > 0) {
        // What came after blocks waits for them, as if they were checked at once; blocks do not.
        if (isValidationFull(connection) || connection.peer.isHolding) break;
        connection.peer.handle({ type: 'continue', only: 'block' }, now);
      } else {
        connection.peer.handle({ type: 'continue' }, now);
      }
      this.#drainPeer(connection, now);
    }
    this.#throttle(connection);
  }

  /**
   * Stops or resumes reading, so that the peer's haste does not fill our memory. One that does not
   * read is read on for a while: were both sides to wait for the other to read, they would forever.
   */
  #throttle(connection: Connection): void {
    if (connection.closing) return;
    const limit = connection.hasKeyWork ? MAX_KEYLESS_BYTES : MAX_RECEIVE_BUFFER_BYTES;
    const pause = connection.peer.pendingBytes > limit;
    if (pause === connection.paused) return;
    connection.paused = pause;
    this.#outbox.push({ type: pause ? 'pause' : 'resume', peer: connection.id });
  }

  #drainPeer(connection: Connection, now: Time): void {
    const { peer } = connection;
    for (let effect = peer.poll(); effect !== undefined; effect = peer.poll()) {
      if (connection.closing) continue;
      this.#handlePeerEffect(connection, effect, now);
    }
  }

  #handlePeerEffect(connection: Connection, effect: PeerEffect, now: Time): void {
    const { id } = connection;
    switch (effect.type) {
      case 'send':
        if (!connection.hasSent && connection.peer.transportProtocol === 'detecting') {
          this.#event({ type: 'v2-handshake', peer: id });
        }
        connection.hasSent = true;
        this.#sent += effect.data.length;
        connection.unsent += effect.data.length;
        this.#outbox.push({ type: 'send', peer: id, data: effect.data });
        return;
      case 'work':
        this.#queueKeyWork(connection, effect.work);
        return;
      case 'trace': {
        const { address } = connection;
        this.#event({ ...effect, type: 'message', peer: id, address });
        return;
      }
      case 'established':
        this.#handleEstablished(connection, effect, now);
        return;
      case 'message':
        this.#handleMessage(connection, effect.message, now);
        this.#drainSync(now);
        return;
      case 'disconnect':
        if (effect.reason === 'misbehaving') this.#punish(connection, effect.detail);
        else this.#disconnect(connection, effect.reason, effect.detail);
        return;
      case 'notice':
        this.#event({ type: 'notice', code: effect.code, peer: id, detail: effect.detail });
        return;
    }
  }

  #handleEstablished(
    connection: Connection,
    info: Extract<PeerEffect, { type: 'established' }>,
    now: Time,
  ): void {
    connection.established = true;
    this.#outbound.established(connection.id);
    const { fallbackAddress } = connection;
    if (fallbackAddress !== undefined) this.#v1Only.add(fallbackAddress, now.instant);
    const { connectionType } = connection.peer;
    this.#event({ type: 'peer-established', peer: connection.id, connectionType, info });
    if (!connection.inbound) this.#timeOffsets.add(info.timeOffset);
    if (!connection.inbound && connectionType !== 'block-relay-only') {
      connection.relaysAddresses = true;
      this.#send(connection, { type: 'getaddr', payload: {} }, now);
    }
    this.#sync.addPeer(
      connection.id,
      {
        connectionType,
        services: info.version.services,
        startHeight: info.version.startHeight,
        noBan: connection.permissions.includes('noban'),
      },
      now,
    );
    this.#drainSync(now);
  }

  /** What is about addresses and transactions. Answers false if the peer has been let go for it. */
  #judge(connection: Connection, message: Message): boolean {
    const verdict = relayVerdict(connection, message, this);
    if (verdict === undefined) return true;
    const { detail } = verdict;
    if (verdict.type === 'disconnect') {
      this.#disconnect(connection, verdict.reason, detail);
      return false;
    }
    this.#event({ type: 'notice', code: 'ignored-request', peer: connection.id, detail });
    return true;
  }

  #handleMessage(connection: Connection, message: Message, now: Time): void {
    if (!this.#judge(connection, message)) return;
    const { id } = connection;
    switch (message.type) {
      case 'headers':
        this.#expectsHeaders = message.payload.headers.length === MAX_HEADERS_RESULTS;
        this.#sync.handleHeaders(id, message.payload.headers, now);
        break;
      case 'block':
        this.#sync.handleBlock(id, message.payload.block, now);
        break;
      case 'inv':
        this.#handleBlocks(message.payload, (hashes) =>
          this.#sync.handleBlockInventory(id, hashes, now),
        );
        break;
      case 'notfound':
        this.#handleBlocks(message.payload, (hashes) =>
          this.#sync.handleNotFound(id, hashes, now),
        );
        break;
      case 'getheaders':
        this.#server.getHeaders(connection, message.payload, now);
        break;
      case 'getblocks':
        this.#server.getBlocks(connection, message.payload, now);
        break;
      case 'getdata':
        // Answered by `serve`, before the peer's next message is looked at.
        connection.requests = message.payload.inventory.toReversed();
        if (this.#options.traceMessages === true) {
          for (const detail of getDataText(message.payload.inventory, id)) {
            this.#event({ type: 'notice', code: 'request', peer: id, detail });
          }
        }
        break;
      case 'getcfilters':
        // Answered by `serve` too.
        this.#filters.getFilters(connection, message.payload);
        break;
      case 'getcfheaders':
        this.#filters.getHeaders(connection, message.payload);
        break;
      case 'getcfcheckpt':
        this.#filters.getCheckpoints(connection, message.payload);
        break;
      default:
        // Addresses, transactions and compact blocks are not spoken of yet.
        break;
    }
  }

  /** Passes on the hashes of an inventory that name blocks, if there are any. */
  #handleBlocks({ inventory }: Inventory, use: (hashes: readonly Uint8Array[]) => void): void {
    const hashes: Uint8Array[] = [];
    for (const { type, hash } of inventory) {
      if (type === 'block' || type === 'witness_block') hashes.push(hash);
    }
    if (hashes.length > 0) use(hashes);
  }

  #send(connection: Connection, message: Message, now: Time): void {
    if (connection.closing || !connection.established) return;
    connection.peer.handle({ type: 'send', message }, now);
    this.#drainPeer(connection, now);
  }

  /** A peer broke the protocol. */
  #punish(connection: Connection, misbehavior: string): void {
    const { id: peer, closing } = connection;
    if (closing) return;
    this.#event({ type: 'notice', code: 'misbehaving', peer, detail: misbehavior });
    const { disconnects, detail } = misbehaviorVerdict(connection);
    if (disconnects) this.#disconnect(connection, 'misbehaving', detail);
    else this.#event({ type: 'notice', code: 'not-punished', peer, detail });
  }

  // --- keys of encrypted connections -------------------------------------------------------------

  #queueKeyWork(connection: Connection, work: KeyWork): void {
    connection.hasKeyWork = true;
    const group = addressGroup(connection.address);
    this.#keyWork.add({ peer: connection.id, work, group }, connection.inbound);
  }

  #startKeyWork(now: Time): void {
    for (;;) {
      const next = this.#keyWork.next(steadyInstant(now));
      if (next === undefined) return;
      const connection = this.#connections.get(next.peer)!;
      this.#request({ type: 'key-work', work: next.work }, (result, at) => {
        if (result.type !== 'key-work') throw new Error(`key work came to ${result.type}`);
        if (connection.inbound) this.#keyWork.finished(result.elapsed, steadyInstant(at));
        connection.hasKeyWork = false;
        connection.peer.handle({ type: 'worked', result: result.result }, at);
        this.#pump(connection, at);
      });
    }
  }

  // --- sync and blocks ---------------------------------------------------------------------------

  /** Carries out what `sync` wants, tells it of what we ended, and dials. */
  #settle(now: Time): void {
    this.#startKeyWork(now);
    this.#drainSync(now);
    this.#dial(now);
  }

  #drainSync(now: Time): void {
    for (;;) {
      const closed = this.#closed.pop();
      if (closed !== undefined) {
        if (closed.established) this.#sync.removePeer(closed.id, now);
        continue;
      }
      const effect = this.#sync.poll();
      if (effect === undefined) return;
      if (effect.type === 'block') {
        const from = this.#connections.get(effect.peer);
        if (from !== undefined) from.lastBlock = now.unix;
      }
      this.#handleSyncEffect(effect, now);
    }
  }

  #handleSyncEffect(effect: SyncEffect, now: Time): void {
    switch (effect.type) {
      case 'send': {
        const connection = this.#connections.get(effect.peer);
        if (connection) this.#send(connection, effect.message, now);
        return;
      }
      case 'disconnect': {
        const connection = this.#connections.get(effect.peer);
        if (connection) this.#disconnect(connection, effect.reason, effect.detail);
        return;
      }
      case 'misbehaving':
        this.#misbehaving(effect.peer, effect.detail);
        return;
      case 'headers':
        this.#intake.addHeaders(effect.entries);
        return;
      case 'block':
        this.#handleBlock(effect.peer, effect.entry, effect.block);
        return;
      case 'notice': {
        this.#event({ ...effect, peer: effect.peer });
        return;
      }
    }
  }

  #misbehaving(id: PeerId, detail: string): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#punish(connection, `Misbehaving: peer=${id}: ${detail}`);
  }

  #handleBlock(peer: PeerId, entry: HeaderEntry, block: BlockView): void {
    const connection = this.#connections.get(peer);
    const size = block.size;
    if (connection !== undefined) {
      connection.blocksInValidation++;
      connection.bytesInValidation += size;
    }
    this.#intake.addBlock(entry, block, (now) => {
      if (connection === undefined) return;
      connection.blocksInValidation--;
      connection.bytesInValidation -= size;
      if (!connection.closing) this.#pump(connection, now);
    });
  }

  #fail(detail: string): void {
    if (!this.#stopped) this.#event({ type: 'fatal', detail });
    this.stop();
  }

  #announceAll(connected: readonly HeaderEntry[], now: Time): void {
    for (const connection of this.#connections.values()) {
      if (connection.established) this.#announce(connection, connected, now);
    }
  }

  #announce(connection: Connection, connected: readonly HeaderEntry[], now: Time): void {
    const { headers } = this.#options;
    const known = this.#sync.peerInfo(connection.id)?.bestKnownBlock;
    const sent = connection.bestHeaderSent;
    const hasHeader = (entry: HeaderEntry): boolean =>
      (known !== undefined && headers.isAncestor(entry, known)) ||
      (sent !== undefined && headers.isAncestor(entry, sent));
    const announcement = chooseAnnouncement(
      headers,
      connected,
      connection.peer.prefersHeaders,
      hasHeader,
    );
    if (announcement === undefined) return;
    if (announcement.type === 'headers') {
      connection.bestHeaderSent = announcement.entries.at(-1);
      const list = announcement.entries.map((entry) => headers.header(entry));
      this.#send(connection, { type: 'headers', payload: { headers: list } }, now);
    } else {
      const hash = headers.hash(announcement.entry);
      this.#send(connection, { type: 'inv', payload: { inventory: [{ type: 'block', hash }] } }, now);
    }
  }

  // --- the driver --------------------------------------------------------------------------------

  #request(job: Job, completion: Completion): void {
    const token = this.#nextToken++;
    this.#completions.set(token, completion);
    this.#outbox.push({ type: 'request', token, job });
  }

  #event(event: NodeEvent): void {
    this.#outbox.push({ type: 'event', event });
  }
}
