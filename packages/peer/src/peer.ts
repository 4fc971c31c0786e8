import { Timers, type Instant, type Machine, type PeerId, type Time } from '@btcp2p/machine';
import { MAX_LOCATOR_SZ, messageTypeOf, ServiceFlags, V1Transport } from '@btcp2p/wire';
import type { Feature, Message, MessageType, SendCmpct, Version } from '@btcp2p/wire';
import { relaysTransactions, type ConnectionType } from './connection-type.ts';
import { limitVerdict } from './exceeded-limit.ts';
import { Link, type Traces } from './link.ts';
import { tooShortText, undecodableText } from './log-text.ts';
import { isHandshakeMessage, Negotiation } from './negotiation.ts';
import { PeerError } from './peer-error.ts';
import { peerInfo, type PeerInfo } from './peer-info.ts';
import type { PeerEffect, PeerInput } from './peer-io.ts';
import type { PeerOptions } from './peer-options.ts';
import { PingTracker } from './ping-tracker.ts';
import { BIP0031_VERSION } from './protocol-version.ts';
import {
  ADDR_FETCH_TIMEOUT,
  DEFAULT_PEER_CONNECT_TIMEOUT,
  PING_INTERVAL,
  TIMEOUT_INTERVAL,
} from './timing.ts';
import type { TransportEvent } from './transport.ts';

/** Where a connection stands. Its messages are the caller's only when it is `established`. */
export type PeerStage = 'awaiting-version' | 'awaiting-verack' | 'established' | 'disconnected';

type TimerName =
  | 'handshake'
  | 'ping'
  | 'ping-timeout'
  | 'receive-timeout'
  | 'addr-fetch-timeout'
  | 'decoy';

/** Most satoshis there can be (Core `MAX_MONEY`, consensus/amount.h). */
const MAX_MONEY = 21_000_000n * 100_000_000n;

/**
 * One connection: version handshake, negotiation of features, pings, and timeouts, over any
 * transport. It answers what concerns the connection alone, and hands every other message up, in
 * order, once the connection is established. It ends with one `disconnect` effect, after which the
 * machine does nothing more.
 *
 * **Specification** (Core v30 net_processing.cpp, and net.cpp `InactivityCheck`). The handshake is
 * as `Negotiation` says. Further:
 *
 * 1. A message that does not decode is dropped. One that exceeds a limit is misbehaving
 *    ({@link limitVerdict}), which `manual` and `noban` peers are forgiven. Bytes that cannot be
 *    followed end the connection.
 * 2. A ping goes out when the connection is established, and then 2 minutes after the one before,
 *    or when that one is answered, if it takes longer. Up to version 60000, pings have no nonce and
 *    no answer.
 * 3. The handshake has `peerTimeout`. After it, an unanswered ping, or silence, ends the connection
 *    in 20 minutes. An addr-fetch connection lasts 5 minutes.
 * 4. Over an encrypted transport decoys go out as `shaping` says, if it is given.
 *
 * **Rationale.** The timeouts of rule 3 do not apply before `peerTimeout` is over, as in Core, so
 * that this one setting puts all of them off. One ping at a time, however late its answer: a second
 * one would say nothing that the first does not. Core also has a timeout for sending, which counts
 * from when the system last took bytes. That is not known here, and not needed: a peer that reads
 * nothing leaves a ping unanswered.
 */
export class Peer implements Machine<PeerInput, PeerEffect> {
  readonly #options: PeerOptions;
  readonly #link: Link;
  readonly #negotiation: Negotiation;
  readonly #timers = new Timers<TimerName>();
  readonly #ping = new PingTracker();
  readonly #peerTimeout: number;
  #feeFilter = 0n;
  #announcesCompact = false;
  #isWaiting = false;
  /** What came next and is not of the one type that the caller takes for now. */
  #held: TransportEvent | undefined;
  #only: MessageType | undefined;
  #decoySize = 0;

  /** An outbound peer's `version` waits in {@link poll} at once. */
  constructor(options: PeerOptions) {
    this.#options = options;
    this.#link = new Link(
      options.id,
      options.transport ?? v1Transport(options),
      tracesOf(options),
    );
    this.#negotiation = new Negotiation(options, this.#link);
    this.#peerTimeout = options.peerTimeout ?? DEFAULT_PEER_CONNECT_TIMEOUT;
    this.#timers.set('handshake', this.#timeoutsApplyAt);
    this.#link.flush(options.now);
  }

  // Getters.

  get id(): PeerId {
    return this.#options.id;
  }

  get connectionType(): ConnectionType {
    return this.#options.connectionType;
  }

  get isInbound(): boolean {
    return this.#options.connectionType === 'inbound';
  }

  get stage(): PeerStage {
    if (this.#link.isClosed) return 'disconnected';
    if (this.#negotiation.isEstablished) return 'established';
    return this.version === undefined ? 'awaiting-version' : 'awaiting-verack';
  }

  /** The peer's `version`, also if it was the reason to disconnect. */
  get version(): Version | undefined {
    return this.#negotiation.version;
  }

  /** The lower of both protocol versions, 0 before the peer's `version`. */
  get commonVersion(): number {
    return this.#negotiation.commonVersion;
  }

  /** Seconds by which the peer's clock was ahead of ours when its `version` came. */
  get timeOffset(): number {
    return this.#negotiation.timeOffset;
  }

  /** Whether transactions are announced by wtxid in both directions (BIP 339). */
  get wtxidRelay(): boolean {
    return this.#negotiation.wtxidRelay;
  }

  /** Whether the peer wants `addrv2` instead of `addr` (BIP 155). */
  get wantsAddrV2(): boolean {
    return this.#negotiation.wantsAddrV2;
  }

  /** Whether the peer wants new blocks announced by `headers` (BIP 130). */
  get prefersHeaders(): boolean {
    return this.#negotiation.prefersHeaders;
  }

  /**
   * The peer's latest `sendcmpct` of version 2, the only one that Core takes. `announce` means
   * that it wants new blocks as `cmpctblock` unasked (BIP 152).
   */
  get compact(): SendCmpct | undefined {
    return this.#negotiation.compact;
  }

  /** Those of our features that the peer offers too, in its order (BIP 434). */
  get features(): readonly Feature[] {
    return this.#negotiation.features;
  }

  /**
   * Satoshis for 1,000 virtual bytes below which the peer wants no transactions (BIP 133), 0 if it
   * did not say.
   */
  get feeFilter(): bigint {
    return this.#feeFilter;
  }

  /**
   * Whether transactions may be announced to the peer, going by the connection and its `version`.
   * One that said no may still turn it on with a bloom filter (BIP 37), which is the caller's to
   * follow.
   */
  get relaysTransactions(): boolean {
    return relaysTransactions(this.connectionType) && this.version?.relay === true;
  }

  /** Whether what came next is not what the last `continue` asked for. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Whether a message was handed up, and `continue` has not come since. */
  get isWaiting(): boolean {
    return this.#isWaiting && !this.#link.isClosed;
  }

  /** Bytes that have come and are not handled, the start of an unfinished message included. */
  get pendingBytes(): number {
    return this.#link.pendingBytes;
  }

  /** `detecting` until it is known which transport the peer speaks, or that it has the keys. */
  get transportProtocol(): 'detecting' | 'v1' | 'v2' {
    return this.#link.transport.protocol ?? 'v1';
  }

  /**
   * Whether the peer should be dialled again with v1 if it hangs up now: it has not answered to v2
   * with a single byte (Core `Transport::ShouldReconnectV1`).
   */
  get shouldReconnectV1(): boolean {
    return this.#link.transport.shouldReconnectV1 === true;
  }

  /** What the connection can tell of itself, for `getpeerinfo`. */
  info(now: Time): PeerInfo {
    const { transport, sent, received } = this.#link;
    const announcesCompact = this.#announcesCompact;
    const parts = { transport, sent, received, ping: this.#ping, announcesCompact };
    return peerInfo(this, { ...parts, options: this.#options }, now.instant);
  }

  // Inputs and outputs of a machine.

  handle(input: PeerInput, now: Time): void {
    if (this.#link.isClosed) {
      // Secrets that come too late are overwritten where they would have gone.
      if (input.type === 'worked') this.#link.transport.completeWork!(input.result);
      return;
    }
    switch (input.type) {
      case 'received':
        this.#handleReceived(input.data, now);
        break;
      case 'continue':
        this.#isWaiting = false;
        this.#only = input.only;
        this.#handleEvents(now);
        break;
      case 'send':
        this.#handleSend(input.message, now);
        break;
      case 'worked':
        this.#link.transport.completeWork!(input.result);
        this.#handleEvents(now);
        this.#link.flush(now);
        break;
      case 'disconnected':
        this.#link.close();
    }
  }

  /**
   * Sends a ping now (Core's RPC `ping`). One that was outstanding is given up for it. Does nothing
   * before the connection is established, since that sends one anyway.
   */
  ping(now: Time): void {
    if (this.stage === 'established') this.#sendPing(now);
  }

  poll(): PeerEffect | undefined {
    return this.#link.poll();
  }

  deadline(): Instant | undefined {
    return this.#link.isClosed ? undefined : this.#timers.next();
  }

  handleTimeout(now: Time): void {
    while (!this.#link.isClosed) {
      const name = this.#timers.expire(now.instant);
      if (name === undefined) return;
      this.#handleTimer(name, now);
    }
  }

  #handleReceived(data: Uint8Array, now: Time): void {
    this.#link.receive(data, now);
    if (this.#negotiation.isEstablished) this.#watch('receive-timeout', now);
    this.#handleEvents(now);
    // An encrypted transport may have bytes of its own to send, in answer to what it received.
    this.#link.flush(now);
  }

  /** Handles what has come, up to the next message for the caller if that is to be waited for. */
  #handleEvents(now: Time): void {
    while (!this.#isWaiting) {
      const event = this.#held ?? this.#link.nextEvent();
      this.#held = undefined;
      if (event === undefined) return;
      if (this.#only !== undefined && !isMessage(event, this.#only)) {
        this.#held = event;
        this.#isWaiting = true;
        return;
      }
      this.#handleEvent(event, now);
    }
  }

  #handleSend(message: Message, now: Time): void {
    const type = messageTypeOf(message);
    if (!this.#negotiation.isEstablished) {
      throw new PeerError('not-established', `${type} before the connection is established`);
    }
    if (isHandshakeMessage(type)) {
      throw new PeerError('handshake-message', `${type} belongs to the version handshake`);
    }
    if (message.type === 'sendcmpct') this.#announcesCompact = message.payload.announce;
    this.#link.send(message, now);
  }

  // What the peer sends.

  #handleEvent(event: TransportEvent, now: Time): void {
    switch (event.type) {
      case 'message':
        if (this.#negotiation.admits(messageTypeOf(event.message))) this.#handleMessage(event, now);
        break;
      case 'undecodable':
        if (this.#negotiation.admits(event.messageType)) this.#handleUndecodable(event);
        break;
      case 'rejected':
        this.#link.notice('rejected', `${event.detail}, peer=${this.id}`);
        break;
      case 'failed':
        this.#link.disconnect(failureReason(event.code), `${event.detail}, peer=${this.id}`);
    }
  }

  #handleMessage(event: TransportEvent & { readonly type: 'message' }, now: Time): void {
    const { message, size } = event;
    const payloadSize = event.payload.length;
    switch (message.type) {
      case 'verack': {
        const wasEstablished = this.#negotiation.isEstablished;
        this.#negotiation.handle(message, now);
        if (!wasEstablished) this.#establish(now);
        break;
      }
      case 'ping':
        this.#handlePing(message.payload.nonce, payloadSize, now);
        break;
      case 'pong':
        this.#handlePong(message.payload.nonce, payloadSize, now);
        break;
      case 'feefilter':
        this.#handleFeeFilter(message.payload.feerate);
        break;
      default:
        if (!this.#negotiation.handle(message, now)) {
          this.#link.push({ type: 'message', message, size });
          this.#isWaiting = this.#options.oneMessageAtATime === true;
        }
    }
  }

  #handleUndecodable(event: TransportEvent & { readonly type: 'undecodable' }): void {
    const { messageType, error } = event;
    if (this.#negotiation.handleUndecodable(messageType)) return;
    const exceeds = error.code === 'limit-exceeded';
    switch (exceeds ? limitVerdict(messageType, this.connectionType) : 'ignore') {
      case 'misbehaving':
        this.#misbehaving(`${messageType} message size = ${error.size}`);
        break;
      case 'disconnect':
        this.#link.drop(
          'oversized-locator',
          `${messageType} locator size ${error.size} > ${MAX_LOCATOR_SZ}`,
        );
        break;
      case 'ignore': {
        const text = undecodableText(messageType, event.payload.length, error);
        this.#link.notice('undecodable', text);
      }
    }
  }

  #misbehaving(what: string): void {
    const detail = `Misbehaving: peer=${this.id}: ${what}`;
    const noban = this.#options.permissions?.includes('noban') === true;
    if (noban || this.connectionType === 'manual') {
      const whom = `${noban ? 'noban' : 'manually connected'} peer ${this.id}`;
      this.#link.notice('misbehaving', detail);
      this.#link.notice('not-punished', `Warning: not punishing ${whom}!`);
    } else {
      this.#link.disconnect('misbehaving', detail);
    }
  }

  #establish(now: Time): void {
    this.#timers.stop('handshake');
    if (this.connectionType === 'addr-fetch') {
      this.#timers.set('addr-fetch-timeout', this.#options.now.instant + ADDR_FETCH_TIMEOUT);
    }
    this.#watch('receive-timeout', now);
    const { commonVersion, timeOffset, wtxidRelay, wantsAddrV2 } = this.#negotiation;
    const { transportProtocol } = this;
    this.#link.push({
      type: 'established',
      version: this.version!,
      transport: transportProtocol === 'v2' ? 'v2' : 'v1',
      sessionId: this.#link.transport.sessionId,
      commonVersion,
      timeOffset,
      wtxidRelay,
      wantsAddrV2,
      relaysTransactions: this.relaysTransactions,
      features: [...this.features],
    });
    this.#sendPing(now);
    this.#scheduleDecoy(now);
  }

  #handleFeeFilter(feerate: bigint): void {
    if (feerate < 0n || feerate > MAX_MONEY) return;
    // Core keeps it only where it may announce transactions, now or, with bloom filters on offer,
    // later (net_processing.cpp, VERSION).
    const offersBloom = (this.#options.services & ServiceFlags.NODE_BLOOM) !== 0n;
    const mayRelay = this.version?.relay === true || offersBloom;
    if (relaysTransactions(this.connectionType) && mayRelay) this.#feeFilter = feerate;
  }

  // Pings.

  #handlePing(nonce: bigint | undefined, payloadSize: number, now: Time): void {
    if (this.commonVersion <= BIP0031_VERSION) return;
    if (nonce === undefined) {
      this.#link.notice('undecodable', tooShortText('ping', payloadSize));
      return;
    }
    this.#link.send({ type: 'pong', payload: { nonce } }, now);
  }

  #handlePong(nonce: bigint | undefined, payloadSize: number, now: Time): void {
    const expected = this.#ping.nonce;
    const problem = this.#ping.handlePong(nonce, now.instant);
    if (problem !== undefined) {
      const nonces = `${hex(expected)} expected, ${hex(nonce ?? 0n)} received`;
      const text = `pong peer=${this.id}: ${problem}, ${nonces}, ${payloadSize} bytes`;
      this.#link.notice('pong-problem', text);
    }
    if (expected !== 0n && this.#ping.nonce === 0n) {
      this.#timers.stop('ping-timeout');
      this.#timers.set('ping', this.#ping.startedAt! + PING_INTERVAL);
    }
  }

  #sendPing(now: Time): void {
    const nonce = this.commonVersion > BIP0031_VERSION ? this.#pingNonce() : undefined;
    this.#ping.start(nonce ?? 0n, now.instant);
    this.#link.send({ type: 'ping', payload: { nonce } }, now);
    if (nonce === undefined) {
      this.#timers.set('ping', now.instant + PING_INTERVAL);
    } else {
      this.#timers.stop('ping');
      this.#watch('ping-timeout', now);
    }
  }

  /** Any but 0, which stands for no ping. */
  #pingNonce(): bigint {
    for (;;) {
      const nonce = this.#options.rng.u64();
      if (nonce !== 0n) return nonce;
    }
  }

  // Decoys.

  #scheduleDecoy(now: Time): void {
    if (this.transportProtocol !== 'v2') return;
    const next = this.#options.shaping?.nextDecoy?.(this.#options.rng);
    if (next === undefined) return;
    this.#decoySize = next.size;
    this.#timers.set('decoy', now.instant + next.delay);
  }

  #sendDecoy(now: Time): void {
    this.#link.transport.sendDecoy?.(this.#decoySize);
    this.#link.flush(now);
    this.#scheduleDecoy(now);
  }

  // Timeouts.

  /** Until then the handshake may take its time, and no other timeout applies. */
  get #timeoutsApplyAt(): Instant {
    return this.#options.now.instant + this.#peerTimeout;
  }

  /** Something has just happened that must happen again within 20 minutes. */
  #watch(name: 'ping-timeout' | 'receive-timeout', now: Time): void {
    this.#timers.set(name, Math.max(now.instant + TIMEOUT_INTERVAL, this.#timeoutsApplyAt));
  }

  #handleTimer(name: TimerName, now: Time): void {
    switch (name) {
      case 'ping':
        return this.#sendPing(now);
      case 'decoy':
        return this.#sendDecoy(now);
      case 'handshake':
        return this.#handleHandshakeTimeout();
      case 'ping-timeout': {
        const seconds = (now.instant - this.#ping.startedAt!) / 1_000;
        return this.#link.drop(name, `ping timeout: ${seconds.toFixed(6)}s`);
      }
      case 'receive-timeout': {
        const seconds = now.unix - this.#link.received.lastAt;
        return this.#link.drop(name, `socket receive timeout: ${seconds}s`);
      }
      case 'addr-fetch-timeout':
        return this.#link.drop(name, 'addrfetch connection timeout');
    }
  }

  #handleHandshakeTimeout(): void {
    const { sent, received } = this.#link;
    if (sent.bytes > 0 && received.bytes > 0) {
      const what = this.transportProtocol === 'detecting' ? 'V2' : 'version';
      this.#link.drop('handshake-timeout', `${what} handshake timeout`);
      return;
    }
    const seconds = Math.floor(this.#peerTimeout / 1_000);
    const never = [
      ...(received.bytes > 0 ? [] : [', never received from peer']),
      ...(sent.bytes > 0 ? [] : [', never sent to peer']),
    ];
    const why = `socket no message in first ${seconds} seconds${never.join('')}`;
    this.#link.drop('no-message-timeout', why);
  }
}

function v1Transport({ network, sha256d }: PeerOptions): V1Transport {
  return new V1Transport({ magic: network.magic, ...(sha256d === undefined ? {} : { sha256d }) });
}

function tracesOf({ traceMessages, capturePayloads }: PeerOptions): Traces {
  if (traceMessages !== true) return 'none';
  return capturePayloads === true ? 'payloads' : 'sizes';
}

const hex = (value: bigint): string => value.toString(16);

const failureReason = (
  code: (TransportEvent & { readonly type: 'failed' })['code'],
): 'header-error' | 'v2-error' =>
  code === 'wrong-magic' || code === 'oversized-message' ? 'header-error' : 'v2-error';

function isMessage(event: TransportEvent, type: MessageType): boolean {
  return event.type === 'message' && event.message.type === type;
}
