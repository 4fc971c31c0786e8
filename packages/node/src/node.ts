import { checkBlock, checkBlockContext, type HeaderEntry } from '@btcp2p/consensus';
import {
  Outbox,
  type Instant,
  type Machine,
  type NetworkEffect,
  type NetworkInput,
  type PeerId,
  type Time,
} from '@btcp2p/machine';
import type { KeyWork } from '@btcp2p/bip324';
import { Peer, V2Transport, type PeerEffect, type PeerInfo, type Transport } from '@btcp2p/peer';
import { Sync, type SyncEffect } from '@btcp2p/sync';
import {
  BLOCK_HEADER_SIZE,
  MAX_HEADERS_RESULTS,
  ServiceFlags,
  type BlockView,
  type Inventory,
  type Message,
} from '@btcp2p/wire';
import { ActiveChain, type ChainUpdate } from './active-chain.ts';
import { addressGroup } from './address-group.ts';
import { chooseAnnouncement } from './announcement.ts';
import { BlockServer } from './block-server.ts';
import {
  isSendFull,
  MAX_KEYLESS_BYTES,
  MAX_RECEIVE_BUFFER_BYTES,
  type Connection,
} from './connection.ts';
import type { Job, JobResult } from './job.ts';
import { KeyWorkQueue } from './key-work-queue.ts';
import { ManualConnections } from './manual-connections.ts';
import type { NodeDisconnectReason, NodeEvent } from './node-event.ts';
import { DEFAULT_MAX_INBOUND, type NodeOptions } from './node-options.ts';
import { V1OnlyAddresses } from './v1-only-addresses.ts';

/** What happens to a node. */
export type NodeInput = NetworkInput<JobResult>;

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
}

/** What a node with the whole chain offers. */
const FULL_SERVICES =
  ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS | ServiceFlags.NODE_NETWORK_LIMITED;

type Completion = (result: JobResult, now: Time) => void;

/**
 * A Bitcoin node as a state machine: which connections it holds, what it syncs from them, what it
 * serves them. Sockets, clock, disk and randomness are its driver's (`@btcp2p/reactor`, or a
 * simulator).
 *
 * Besides the inputs there are commands: {@link addNode}, {@link removeNode}, {@link submitBlock}
 * and {@link stop}. Like inputs they are followed by polling.
 *
 * **Order.** One peer's messages are handled one by one and each to its end: while blocks that it
 * asked for wait to be read or to leave, what it sent after waits too (as in Core, whose tests, and
 * users' ping times, rely on it). A peer that asks and does not read is read no more.
 */
export class Node implements Machine<NodeInput, NodeEffect> {
  readonly #options: NodeOptions;
  readonly #services: bigint;
  readonly #outbox = new Outbox<NodeEffect>();
  readonly #connections = new Map<PeerId, Connection>();
  readonly #manual = new ManualConnections();
  readonly #v1Only = new V1OnlyAddresses();
  readonly #keyWork: KeyWorkQueue;
  readonly #speaksV2: boolean;
  readonly #chain: ActiveChain;
  readonly #sync: Sync;
  readonly #server: BlockServer;
  readonly #completions = new Map<number, Completion>();
  #nextToken = 0;
  #inbound = 0;
  #received = 0;
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
    this.#chain = new ActiveChain(headers);
    for (const entry of options.storedBlocks ?? []) this.#chain.stored(entry);
    this.#sync = new Sync({
      params,
      headers,
      blocks: this.#chain,
      rng: rng.fork('sync'),
      ...(options.sha256d && { sha256d: options.sha256d }),
      ...(options.minimumChainWork !== undefined && { minimumChainWork: options.minimumChainWork }),
      ...(options.maxTipAge !== undefined && { maxTipAge: options.maxTipAge }),
    });
    this.#server = new BlockServer(headers, this.#chain, params, {
      readBlock: (connection, hash, done) =>
        this.#request({ type: 'read-block', hash }, (result, now) => {
          done(result, now);
          this.#pump(connection, now);
        }),
      send: (connection, message, now) => this.#send(connection, message, now),
      disconnect: (connection, reason, detail) => this.#disconnect(connection, reason, detail),
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
      inbound: this.#inbound,
      outbound: this.#connections.size - this.#inbound,
      isInitialBlockDownload: this.#sync.isInitialBlockDownload,
      received: this.#received,
    };
  }

  /** Whether a peer is expected to send more headers of a chain that is still being followed. */
  get isSyncingHeaders(): boolean {
    return this.#sync.isInitialBlockDownload && this.#expectsHeaders;
  }

  /** What `getpeerinfo` says of the connections, by ascending id. */
  peers(now: Time): PeerInfo[] {
    return [...this.#connections.values()].map(({ peer }) => peer.info(now));
  }

  /** Wants a connection to an address from now on (`-connect`, `-addnode`). */
  addNode(address: string, now: Time): boolean {
    const added = this.#manual.add(address, now.instant);
    this.#dial(now);
    return added;
  }

  /** Wants a connection to an address no more, and ends one that stands. */
  removeNode(address: string): boolean {
    const removed = this.#manual.remove(address);
    if (removed === undefined) return false;
    const connection = removed.peer === undefined ? undefined : this.#connections.get(removed.peer);
    if (connection) this.#disconnect(connection, 'removed', 'removed by the user');
    return true;
  }

  /**
   * Takes a block from the user, as `submitblock` does: `undefined` if it is good (it is stored,
   * and peers are told of it, once the driver has kept it), else Core's word for what is wrong.
   */
  submitBlock(block: BlockView, now: Time): string | undefined {
    const { headers } = this.#options;
    const added = headers.add(block.headerBytes, now.unix);
    if (added.status === 'orphan') return 'prev-blk-not-found';
    if (added.status === 'invalid') return added.reason;
    if (this.#chain.hasBlock(added.entry)) return 'duplicate';
    if (added.status === 'added') this.#persistHeaders([added.entry]);
    const fault = this.#checkBlock(added.entry, block);
    if (fault !== undefined) {
      if (!fault.mutated) headers.markInvalid(added.entry);
      return fault.reason;
    }
    this.#persistBlock(added.entry, block, (at) => this.#sync.tipChanged(at));
    return undefined;
  }

  /** Ends all connections and starts no more. */
  stop(): void {
    this.#stopped = true;
    for (const connection of this.#connections.values()) {
      this.#disconnect(connection, 'stopped', 'shutting down');
    }
  }

  handle(input: NodeInput, now: Time): void {
    switch (input.type) {
      case 'connected':
        this.#handleConnected(input, now);
        break;
      case 'connect-failed': {
        const address = this.#manual.failed(input.attempt, now.instant);
        if (address !== undefined) {
          this.#event({ type: 'connect-failed', address, cause: input.cause });
        }
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
    }
    this.#settle(now);
  }

  poll(): NodeEffect | undefined {
    return this.#outbox.poll();
  }

  deadline(): Instant | undefined {
    let earliest = Infinity;
    if (!this.#stopped) earliest = this.#manual.deadline() ?? Infinity;
    earliest = Math.min(earliest, this.#sync.deadline() ?? Infinity);
    earliest = Math.min(earliest, this.#keyWork.deadline() ?? Infinity);
    for (const { peer, closing } of this.#connections.values()) {
      if (!closing) earliest = Math.min(earliest, peer.deadline() ?? Infinity);
    }
    return earliest === Infinity ? undefined : earliest;
  }

  handleTimeout(now: Time): void {
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
    const manual = inbound ? undefined : this.#manual.connected(input.attempt, input.peer);
    const refused = this.#refusal(inbound, manual !== undefined);
    if (refused !== undefined) {
      this.#outbox.push({ type: 'disconnect', peer: input.peer });
      this.#event({ type: 'inbound-refused', address: input.address, detail: refused });
      return;
    }
    const isV1Only =
      manual !== undefined && (manual.isFallback || this.#v1Only.has(manual.address, now.instant));
    const { rng, network, userAgent, sha256d, peerTimeout, shaping } = this.#options;
    const nonce = rng.u64();
    const transport = isV1Only ? undefined : this.#v2Transport(input.peer, inbound);
    const peer = new Peer({
      id: input.peer,
      connectionType: inbound ? 'inbound' : 'manual',
      network,
      rng: rng.fork(`peer/${input.peer}`),
      now,
      address: input.address,
      services: this.#services,
      userAgent,
      startHeight: this.#chain.height,
      // There is no transaction relay yet: peers should not announce any.
      relay: false,
      nonce,
      requiredServices: 0n,
      isOwnNonce: (theirs) => this.#isOwnNonce(theirs),
      oneMessageAtATime: true,
      traceMessages: this.#options.traceMessages === true,
      ...(transport && { transport }),
      ...(shaping && { shaping }),
      ...(sha256d && { sha256d }),
      ...(peerTimeout !== undefined && { peerTimeout }),
    });
    const connection: Connection = {
      id: input.peer,
      peer,
      address: input.address,
      localAddress: input.localAddress,
      inbound,
      fallbackAddress: manual?.isFallback === true ? manual.address : undefined,
      nonce,
      established: false,
      closing: false,
      hasKeyWork: false,
      hasSent: false,
      paused: false,
      unsent: 0,
      requests: [],
      reading: false,
      continuation: undefined,
      bestHeaderSent: undefined,
    };
    this.#connections.set(input.peer, connection);
    if (inbound) this.#inbound++;
    const { peer: id, address } = input;
    this.#event({ type: 'peer-connected', peer: id, address, inbound });
    this.#pump(connection, now);
  }

  /** Why a connection is not wanted, if it is not. */
  #refusal(inbound: boolean, isWanted: boolean): string | undefined {
    if (this.#stopped) return 'shutting down';
    if (inbound) {
      const max = this.#options.maxInbound ?? DEFAULT_MAX_INBOUND;
      return this.#inbound >= max ? 'connection dropped (full)' : undefined;
    }
    return isWanted ? undefined : 'no longer wanted';
  }

  /**
   * What an encrypted connection speaks. Addresses that the user gave say nothing of services, so
   * that they are all tried with v2, as in Core (`ThreadOpenAddedConnections`).
   */
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
    if (connection.inbound) this.#inbound--;
    this.#keyWork.remove(id);
    const { peer } = connection;
    const reconnectV1 = !connection.established && peer.shouldReconnectV1 && !this.#stopped;
    const again = this.#manual.disconnected(id, now.instant, reconnectV1);
    if (again !== undefined) this.#event({ type: 'reconnecting-v1', peer: id, address: again });
    peer.handle({ type: 'disconnected' }, now);
    if (connection.closing) return;
    if (connection.established) this.#sync.removePeer(id, now);
    connection.closing = true;
    this.#event({ type: 'peer-disconnected', peer: id, reason: undefined, detail: cause });
  }

  #disconnect(connection: Connection, reason: NodeDisconnectReason, detail: string): void {
    if (connection.closing) return;
    connection.closing = true;
    connection.requests = [];
    this.#keyWork.remove(connection.id);
    this.#outbox.push({ type: 'disconnect', peer: connection.id });
    this.#event({ type: 'peer-disconnected', peer: connection.id, reason, detail });
    this.#closed.push(connection);
  }

  /** Connections that we have ended and `sync` has not been told of. */
  readonly #closed: Connection[] = [];

  #dial(now: Time): void {
    if (this.#stopped) return;
    for (
      let next = this.#manual.dial(now.instant);
      next !== undefined;
      next = this.#manual.dial(now.instant)
    ) {
      this.#outbox.push({ type: 'connect', attempt: next.attempt, address: next.address });
    }
  }

  // --- one peer ----------------------------------------------------------------------------------

  /** Handles what a peer has sent, as far as it can be handled now. */
  #pump(connection: Connection, now: Time): void {
    this.#drainPeer(connection, now);
    while (!connection.closing) {
      this.#server.serve(connection, now);
      const blocked = connection.requests.length > 0 || connection.reading;
      if (blocked || isSendFull(connection) || !connection.peer.isWaiting) break;
      connection.peer.handle({ type: 'continue' }, now);
      this.#drainPeer(connection, now);
    }
    this.#throttle(connection);
  }

  /** Stops or resumes reading, so that neither side's haste fills our memory. */
  #throttle(connection: Connection): void {
    if (connection.closing) return;
    const limit = connection.hasKeyWork ? MAX_KEYLESS_BYTES : MAX_RECEIVE_BUFFER_BYTES;
    const pause = isSendFull(connection) || connection.peer.pendingBytes > limit;
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
        connection.unsent += effect.data.length;
        this.#outbox.push({ type: 'send', peer: id, data: effect.data });
        return;
      case 'work':
        this.#queueKeyWork(connection, effect.work);
        return;
      case 'trace': {
        const { direction, messageType, payloadSize } = effect;
        this.#event({ type: 'message', direction, peer: id, messageType, payloadSize });
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
        this.#disconnect(connection, effect.reason, effect.detail);
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
    this.#manual.established(connection.id);
    const { fallbackAddress } = connection;
    if (fallbackAddress !== undefined) this.#v1Only.add(fallbackAddress, now.instant);
    const { connectionType } = connection.peer;
    this.#event({ type: 'peer-established', peer: connection.id, connectionType, info });
    this.#sync.addPeer(
      connection.id,
      {
        connectionType: connection.inbound ? 'inbound' : 'manual',
        services: info.version.services,
        startHeight: info.version.startHeight,
      },
      now,
    );
    this.#drainSync(now);
  }

  #handleMessage(connection: Connection, message: Message, now: Time): void {
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
        break;
      default:
        // Addresses, transactions, filters and compact blocks are not spoken of yet.
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

  // --- keys of encrypted connections -------------------------------------------------------------

  #queueKeyWork(connection: Connection, work: KeyWork): void {
    connection.hasKeyWork = true;
    const group = addressGroup(connection.address);
    this.#keyWork.add({ peer: connection.id, work, group }, connection.inbound);
  }

  #startKeyWork(now: Time): void {
    for (;;) {
      const next = this.#keyWork.next(now.instant);
      if (next === undefined) return;
      const connection = this.#connections.get(next.peer)!;
      this.#request({ type: 'key-work', work: next.work }, (result, at) => {
        if (result.type !== 'key-work') throw new Error(`key work came to ${result.type}`);
        if (connection.inbound) this.#keyWork.finished(result.elapsed, at.instant);
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
        this.#persistHeaders(effect.entries);
        return;
      case 'block':
        this.#handleBlock(effect.entry, effect.block, now);
        return;
      case 'notice': {
        this.#event({ ...effect, peer: effect.peer });
        return;
      }
    }
  }

  #misbehaving(id: PeerId, detail: string): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    const text = `Misbehaving: peer=${id}: ${detail}`;
    if (connection.inbound) {
      this.#disconnect(connection, 'misbehaving', text);
      return;
    }
    // The user asked for this peer: Core, too, keeps it (net_processing.cpp, MaybeDiscourageAndDisconnect).
    const kept = `${text}. Warning: not punishing manually connected peer ${id}!`;
    this.#event({ type: 'notice', code: 'not-punished', peer: id, detail: kept });
  }

  #handleBlock(entry: HeaderEntry, block: BlockView, now: Time): void {
    const fault = this.#checkBlock(entry, block);
    if (fault === undefined) {
      this.#persistBlock(entry, block, (at) => this.#sync.blockStored(entry, at));
      return;
    }
    const detail = `${fault.reason}, ${fault.debug}`;
    this.#event({ type: 'block-rejected', entry, detail });
    // A mutated block says nothing of its header, whose real block may still come (CVE-2012-2459).
    this.#sync.blockInvalid(entry, now, { mutated: fault.mutated, detail });
  }

  #checkBlock(
    entry: HeaderEntry,
    block: BlockView,
  ): { readonly reason: string; readonly debug: string; readonly mutated: boolean } | undefined {
    const { headers, params, sha256d } = this.#options;
    const own = checkBlock(block, params, sha256d);
    if (own.status === 'invalid') return own;
    const parent = headers.parent(entry);
    if (parent === undefined) return undefined;
    const context = checkBlockContext(
      block,
      {
        height: headers.height(entry),
        medianTimePast: headers.medianTimePast(parent),
        txids: own.txids,
      },
      params,
      sha256d,
    );
    return context.status === 'invalid' ? context : undefined;
  }

  /** Has headers kept. They are told of once they are. */
  #persistHeaders(entries: readonly HeaderEntry[]): void {
    const { headers } = this.#options;
    const bytes = new Uint8Array(entries.length * BLOCK_HEADER_SIZE);
    for (const [i, entry] of entries.entries()) {
      bytes.set(headers.headerBytes(entry), i * BLOCK_HEADER_SIZE);
    }
    this.#request({ type: 'append-headers', headers: bytes }, (result) => {
      if (!this.#must(result)) return;
      this.#event({ type: 'headers', count: entries.length, last: entries.at(-1)! });
    });
  }

  /** Has a good block kept. What has been kept counts, and is told to `sync` and to peers. */
  #persistBlock(entry: HeaderEntry, block: BlockView, tell: (now: Time) => void): void {
    const hash = this.#options.headers.hash(entry);
    this.#request({ type: 'append-block', hash, bytes: block.bytes }, (result, now) => {
      if (!this.#must(result)) return;
      const update = this.#chain.stored(entry);
      tell(now);
      if (update !== undefined) this.#handleChainUpdate(update, now);
    });
  }

  /** What cannot be kept must not be told to anyone: a node whose storage fails stops. */
  #must(result: JobResult): boolean {
    if (result.type !== 'failed') return true;
    if (!this.#stopped) this.#event({ type: 'fatal', detail: result.detail });
    this.stop();
    return false;
  }

  #handleChainUpdate(update: ChainUpdate, now: Time): void {
    this.#event({
      type: 'tip',
      tip: this.#chain.tip(),
      height: this.#chain.height,
      connected: update.connected.length,
      disconnected: update.disconnected.length,
    });
    if (this.#sync.isInitialBlockDownload) return;
    for (const connection of this.#connections.values()) {
      if (connection.established) this.#announce(connection, update.connected, now);
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
