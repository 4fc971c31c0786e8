import { PeerIds, SeededRng, type Time } from '@btcp2p/machine';
import { Peer, V2Transport, type PeerStage } from '@btcp2p/peer';
import { mainnet, ServiceFlags, type Message } from '@btcp2p/wire';
import type { SessionRole } from '@btcp2p/bip324';
import { concat } from './packets.ts';
import { random64, randomness } from './randomness.ts';

/** How one end fared. */
export interface PeerReport {
  readonly stage: PeerStage;
  /** What there is to know about the connection: `getpeerinfo`'s names. */
  readonly transport: string;
  readonly sessionId: string;
  /** The other end's user agent. */
  readonly userAgent: string | undefined;
  /** Messages received after the handshake. */
  readonly messages: readonly Message[];
  /** Why it disconnected, if it did. */
  readonly disconnected: string | undefined;
}

/** One end of a connection: a peer of mainnet over the encrypted transport. */
export class PeerEnd {
  readonly #peer: Peer;
  readonly #waiting: Uint8Array[] = [];
  readonly #messages: Message[] = [];
  #disconnected: string | undefined;

  constructor(role: SessionRole, userAgent: string) {
    const isInitiator = role === 'initiator';
    this.#peer = new Peer({
      id: new PeerIds().next(),
      connectionType: isInitiator ? 'outbound-full-relay' : 'inbound',
      network: mainnet,
      // For the nonces of pings alone.
      rng: new SeededRng(random64()),
      now: now(),
      address: '192.0.2.1:8333',
      services: ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS,
      userAgent,
      startHeight: 0,
      relay: true,
      nonce: random64(),
      requiredServices: 0n,
      isOwnNonce: () => false,
      transport: new V2Transport({ role, magic: mainnet.magic, rng: randomness }),
    });
    this.#drain();
  }

  send(message: Message): void {
    this.#peer.handle({ type: 'send', message }, now());
    this.#drain();
  }

  receive(data: Uint8Array): void {
    this.#peer.handle({ type: 'received', data }, now());
    this.#drain();
  }

  /** All bytes that wait for the other end. */
  takeBytes(): Uint8Array {
    return concat(this.#waiting.splice(0));
  }

  report(): PeerReport {
    const { transport_protocol_type: transport, session_id: sessionId } = this.#peer.info(now());
    return {
      stage: this.#peer.stage,
      transport,
      sessionId,
      userAgent: this.#peer.version?.userAgent,
      messages: this.#messages,
      disconnected: this.#disconnected,
    };
  }

  #drain(): void {
    for (let effect = this.#peer.poll(); effect !== undefined; effect = this.#peer.poll()) {
      if (effect.type === 'send') this.#waiting.push(effect.data);
      if (effect.type === 'message') this.#messages.push(effect.message);
      if (effect.type === 'disconnect') this.#disconnected = effect.detail;
    }
  }
}

function now(): Time {
  return { instant: performance.now(), unix: Math.floor(Date.now() / 1_000) };
}
