import type { Time } from '@btcp2p/machine';
import { formatAddress, unspecifiedAddress } from '@btcp2p/wire';
import type { Feature, Message, SendCmpct, Version, VersionAddress } from '@btcp2p/wire';
import { expectsServices, relaysTransactions } from './connection-type.ts';
import { FeatureNegotiation } from './feature-negotiation.ts';
import type { Link } from './link.ts';
import { servicesText } from './log-text.ts';
import type { PeerOptions } from './peer-options.ts';
import {
  CMPCTBLOCKS_VERSION,
  FEATURE_VERSION,
  MIN_PEER_PROTO_VERSION,
  PROTOCOL_VERSION,
  SHORT_IDS_BLOCKS_VERSION,
  WTXID_RELAY_VERSION,
} from './protocol-version.ts';
import { sanitizeString } from './sanitize-string.ts';

/** What makes up the version handshake, from either side. */
const HANDSHAKE_MESSAGES: ReadonlySet<string> = new Set([
  'version',
  'verack',
  'wtxidrelay',
  'sendaddrv2',
  'sendtxrcncl',
  'feature',
]);

/** Whether messages of this type belong to the version handshake, and so not to the caller. */
export function isHandshakeMessage(type: string): boolean {
  return HANDSHAKE_MESSAGES.has(type);
}

/**
 * The version handshake, and what else two peers tell each other about how to talk.
 *
 * **Specification** (Core v30 net_processing.cpp, ProcessMessage; BIP 130, 152, 155, 339, 434)
 *
 * 1. An outbound connection opens with our `version`; an inbound one sends it in answer to the
 *    peer's. After the peer's `version` go out `wtxidrelay` and `sendaddrv2` (both from common
 *    version 70016), `feature` (70017), and `verack`. The peer's `verack` ends the handshake, and
 *    is answered with `sendcmpct` (version 2, low bandwidth; 70014).
 * 2. Before the peer's `version` anything else is dropped; before its `verack`, anything but
 *    `sendheaders`, `sendcmpct` and what rule 1 names. A second `version` or `verack` is dropped.
 * 3. `wtxidrelay`, `sendaddrv2` and `feature` after `verack` end the connection. `sendtxrcncl` is
 *    dropped at any time: reconciliation (BIP 330) is not offered.
 * 4. A peer is let go if it is this node, if it speaks less than 31800, or if it lacks services on
 *    a connection that expects them. A feeler is over once our `verack` has gone out.
 * 5. With a protocol version of our own below 70017, `feature` is a message like any other. With
 *    one from there on, a `feature` that does not decode, or from a peer with a lower version, ends
 *    the connection.
 *
 * **Rationale.** What comes too soon is dropped, not punished: new messages are negotiated in that
 * window, and who does not know them must let them pass. What changes formats must be known before
 * the first message that depends on it, so it may not come late.
 */
export class Negotiation {
  readonly #options: PeerOptions;
  readonly #link: Link;
  readonly #ourVersion: number;
  readonly #features: FeatureNegotiation;
  #established = false;
  #version: Version | undefined;
  #commonVersion = 0;
  #timeOffset = 0;
  #wtxidRelay = false;
  #wantsAddrV2 = false;
  #prefersHeaders = false;
  #compact: SendCmpct | undefined;

  constructor(options: PeerOptions, link: Link) {
    this.#options = options;
    this.#link = link;
    this.#ourVersion = options.protocolVersion ?? PROTOCOL_VERSION;
    this.#features = new FeatureNegotiation(options.features ?? []);
    if (options.connectionType !== 'inbound') this.#sendVersion(options.now);
  }

  /** Whether the peer's `verack` has come. */
  get isEstablished(): boolean {
    return this.#established;
  }
  get version(): Version | undefined {
    return this.#version;
  }
  get commonVersion(): number {
    return this.#commonVersion;
  }
  get timeOffset(): number {
    return this.#timeOffset;
  }
  get wtxidRelay(): boolean {
    return this.#wtxidRelay;
  }
  get wantsAddrV2(): boolean {
    return this.#wantsAddrV2;
  }
  get prefersHeaders(): boolean {
    return this.#prefersHeaders;
  }
  get compact(): SendCmpct | undefined {
    return this.#compact;
  }
  get features(): readonly Feature[] {
    return this.#features.shared;
  }

  /** Whether a message of this type may come now. If not, the log is told, and it is dropped. */
  admits(type: string): boolean {
    const { id } = this.#options;
    if (this.#version === undefined) {
      if (type === 'version') return true;
      const text = `Message "${sanitizeString(type)}" from peer=${id}`;
      const what = 'non-version message before version handshake';
      this.#link.notice('message-before-version', `${what}. ${text}`);
      return false;
    }
    if (type === 'version') {
      this.#link.notice('redundant-version', `redundant version message from peer=${id}`);
      return false;
    }
    if (this.#established || this.#isNegotiation(type)) return true;
    const text = `"${sanitizeString(type)}" prior to verack from peer=${id}`;
    this.#link.notice('message-before-verack', `Unsupported message ${text}`);
    return false;
  }

  /** Handles an admitted message. Answers false if it is none of the negotiation's. */
  handle(message: Message, now: Time): boolean {
    switch (message.type) {
      case 'version':
        this.#handleVersion(message.payload, now);
        return true;
      case 'verack':
        this.#handleVerack(now);
        return true;
      case 'wtxidrelay':
        this.#handleWtxidRelay();
        return true;
      case 'sendaddrv2':
        if (!this.#refuseLate('sendaddrv2')) this.#wantsAddrV2 = true;
        return true;
      case 'sendtxrcncl':
        this.#ignoreSendTxRcncl();
        return true;
      case 'sendheaders':
        this.#prefersHeaders = true;
        return true;
      case 'sendcmpct':
        if (message.payload.version === CMPCTBLOCKS_VERSION) this.#compact = message.payload;
        return true;
      case 'feature':
        if (this.#knowsFeatures) this.#handleFeature(message.payload);
        return this.#knowsFeatures;
      default:
        return false;
    }
  }

  /** Handles an admitted message that does not decode. Answers false if that is not its affair. */
  handleUndecodable(type: string): boolean {
    if (type === 'sendtxrcncl') {
      this.#ignoreSendTxRcncl();
      return true;
    }
    if (type !== 'feature' || !this.#knowsFeatures) return false;
    if (!this.#refuseFeature()) this.#link.drop('invalid-feature', 'invalid feature payload');
    return true;
  }

  #isNegotiation(type: string): boolean {
    if (type === 'feature') return this.#knowsFeatures;
    return isHandshakeMessage(type) || type === 'sendheaders' || type === 'sendcmpct';
  }

  /** BIP 434: who announces less than 70017 does not know `feature`. */
  get #knowsFeatures(): boolean {
    return this.#ourVersion >= FEATURE_VERSION;
  }

  #sendVersion(now: Time): void {
    const { services, relay, nonce, userAgent, startHeight, receiver } = this.#options;
    const payload: Version = {
      version: this.#ourVersion,
      services,
      timestamp: BigInt(now.unix),
      receiver: receiver ?? unspecifiedAddress,
      // Our own address stays out of it: it would tell which node speaks from behind a proxy.
      sender: { ...unspecifiedAddress, services },
      nonce,
      userAgent,
      startHeight,
      relay: relay && relaysTransactions(this.#options.connectionType),
    };
    this.#link.send({ type: 'version', payload }, now);
    this.#traceVersion('send version message', payload);
  }

  #handleVersion(version: Version, now: Time): void {
    this.#version = copyOf(version);
    if (!this.#acceptsVersion(version)) return;
    if (this.#options.connectionType === 'inbound') this.#sendVersion(now);
    this.#commonVersion = Math.min(version.version, this.#ourVersion);
    const timestamp = version.timestamp > 0n ? version.timestamp : 0n;
    this.#timeOffset = Number(timestamp - BigInt(now.unix));
    if (this.#commonVersion >= WTXID_RELAY_VERSION) {
      this.#link.send({ type: 'wtxidrelay', payload: {} }, now);
      this.#link.send({ type: 'sendaddrv2', payload: {} }, now);
    }
    if (this.#commonVersion >= FEATURE_VERSION) {
      for (const payload of this.#options.features ?? []) {
        this.#link.send({ type: 'feature', payload }, now);
      }
    }
    this.#link.send({ type: 'verack', payload: {} }, now);
    const who = `receive version message: ${sanitizeString(version.userAgent)}`;
    this.#traceVersion(who, version, `us=${formatAddress(version.receiver)}, `);
    if (this.#options.connectionType === 'feeler') {
      this.#link.drop('feeler-complete', 'feeler connection completed');
    }
  }

  /** Disconnects and answers false if this is not a peer for us. */
  #acceptsVersion({ services, version, nonce }: Version): boolean {
    const { connectionType, address, isOwnNonce } = this.#options;
    const required = this.#requiredServices(services);
    if (expectsServices(connectionType) && (required & ~services) !== 0n) {
      const offered = `${servicesText(services)} offered`;
      const expected = `${servicesText(required)} expected`;
      const why = `peer does not offer the expected services (${offered}, ${expected})`;
      this.#link.drop('insufficient-services', why);
      return false;
    }
    if (version < MIN_PEER_PROTO_VERSION) {
      this.#link.drop('obsolete-version', `peer using obsolete version ${version}`);
      return false;
    }
    if (connectionType === 'inbound' && isOwnNonce(nonce)) {
      this.#link.disconnect('self-connection', `connected to self at ${address}, disconnecting`);
      return false;
    }
    return true;
  }

  #requiredServices(services: bigint): bigint {
    const { requiredServicesOf, requiredServices } = this.#options;
    return requiredServicesOf?.(services) ?? requiredServices;
  }

  /** Tells a log that hears of all messages what a `version` says. */
  #traceVersion(what: string, { version, startHeight, relay }: Version, us = ''): void {
    if (this.#options.traceMessages !== true) return;
    const text = `version ${version}, blocks=${startHeight}, ${us}txrelay=${relay ? 1 : 0}`;
    this.#link.notice('version', `${what}: ${text}, peer=${this.#options.id}`);
  }

  #handleVerack(now: Time): void {
    if (this.#established) {
      const text = `ignoring redundant verack message from peer=${this.#options.id}`;
      this.#link.notice('redundant-verack', text);
      return;
    }
    this.#established = true;
    if (this.#commonVersion >= SHORT_IDS_BLOCKS_VERSION) {
      const payload = { announce: false, version: CMPCTBLOCKS_VERSION };
      this.#link.send({ type: 'sendcmpct', payload }, now);
    }
  }

  #handleWtxidRelay(): void {
    if (this.#refuseLate('wtxidrelay')) return;
    if (this.#commonVersion < WTXID_RELAY_VERSION) {
      this.#ignore(`wtxidrelay due to old common version=${this.#commonVersion}`);
    } else if (this.#wtxidRelay) {
      this.#ignore('duplicate wtxidrelay');
    } else {
      this.#wtxidRelay = true;
    }
  }

  #ignore(what: string): void {
    const text = `ignoring ${what} from peer=${this.#options.id}`;
    this.#link.notice('ignored-negotiation', text);
  }

  #ignoreSendTxRcncl(): void {
    const why = 'as our node does not have txreconciliation enabled';
    const text = `sendtxrcncl from peer=${this.#options.id} ignored, ${why}`;
    this.#link.notice('ignored-negotiation', text);
  }

  #handleFeature(feature: Feature): void {
    if (this.#refuseFeature()) return;
    const result = this.#features.add(feature);
    if (result === 'kept') return;
    const what = `${result} feature advertised: ${sanitizeString(feature.id)}`;
    this.#link.notice('ignored-negotiation', `${what}, peer=${this.#options.id}`);
  }

  /** Disconnects and answers true if a `feature` may not come now, or from this peer. */
  #refuseFeature(): boolean {
    if (this.#refuseLate('feature')) return true;
    if (this.#commonVersion >= FEATURE_VERSION) return false;
    this.#link.drop('invalid-feature', 'feature received with incompatible version');
    return true;
  }

  /** Disconnects and answers true if it is too late for a message of the negotiation. */
  #refuseLate(type: string): boolean {
    if (this.#established) this.#link.drop('late-negotiation', `${type} received after verack`);
    return this.#established;
  }
}

/** What is kept of a message must not keep the bytes alive that it came in. */
function copyOf(version: Version): Version {
  const copy = (address: VersionAddress): VersionAddress => ({
    ...address,
    bytes: address.bytes.slice(),
  });
  return { ...version, receiver: copy(version.receiver), sender: copy(version.sender) };
}
