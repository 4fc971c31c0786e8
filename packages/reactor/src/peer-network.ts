import type { PeerId, Rng } from '@btcp2p/machine';
import type { TrafficShaping } from '@btcp2p/peer';
import type { Feature, Network, Sha256d } from '@btcp2p/wire';
import { nativeAead } from './native-aead.ts';
import { nativeEllSwift } from './native-secp256k1.ts';
import { nativeSha256d } from './native-sha256d.ts';
import { PeerConnection, type Closed, type PeerConnectionEvents } from './peer-connection.ts';
import { PeerHost, type PeerHostEvent, type PeerNoticeCode } from './peer-host.ts';
import { Reactor } from './reactor.ts';
import { secureRng } from './secure-rng.ts';

/** Our own user agent (BIP 14), for those who do not give theirs. */
export const DEFAULT_USER_AGENT = '/btcp2p:0.1/';

/** What a peer did without any consequence: it sent a message that does not decode, say. */
export interface PeerNotice {
  /** The peer's `host:port`. */
  readonly address: string;
  readonly code: PeerNoticeCode;
  /** For the log. */
  readonly detail: string;
}

/** What `connect` and `listen` have in common: who we are, and how a connection is conducted. */
export interface PeerConnectionOptions {
  readonly network: Network;
  /** Ours (BIP 14: `/name:version/`), at most 256 bytes; {@link DEFAULT_USER_AGENT} by default. */
  readonly userAgent?: string;
  /** What we offer: bits of `ServiceFlags`. None by default. */
  readonly services?: bigint;
  /** Height of our chain, 0 by default. */
  readonly startHeight?: number;
  /** Whether the peer may announce transactions (BIP 37). False by default. */
  readonly relay?: boolean;
  /** What we speak: `PROTOCOL_VERSION` of `@btcp2p/peer` by default. */
  readonly protocolVersion?: number;
  /** What we offer by BIP 434; needs protocol version 70017. */
  readonly features?: readonly Feature[];
  /** Milliseconds for the version handshake, 60 s by default (Core's `-peertimeout`). */
  readonly peerTimeout?: number;
  /**
   * Whether to encrypt where the peer can do so (BIP 324; Core's `-v2transport`), true by default.
   * A peer that hangs up on that is dialled once more, with v1; one that dials may speak either.
   */
  readonly v2Transport?: boolean;
  /** Hides the shape of what passes over encrypted connections. Off by default. */
  readonly shaping?: TrafficShaping;
  /** Also makes the keys of encrypted connections. `secureRng` by default. */
  readonly rng?: Rng;
  /** `nativeSha256d` by default. */
  readonly sha256d?: Sha256d;
  /** Hears of what is otherwise passed over. */
  readonly onNotice?: (notice: PeerNotice) => void;
}

/** What a {@link PeerNetwork} does, and whom it tells. */
export interface PeerNetworkOptions extends PeerConnectionOptions {
  readonly connectTimeout?: number;
  readonly onEstablished: (connection: PeerConnection) => void;
  /** A dial came to nothing. */
  readonly onConnectFailed: (cause: string) => void;
  /** A handshake came to nothing. */
  readonly onHandshakeFailed: (closed: Closed) => void;
}

const never = (): Promise<never> => Promise.reject(new Error('there are no requests'));

/** Connections that have nothing to do with each other but their options, over one reactor. */
export class PeerNetwork {
  readonly #options: PeerNetworkOptions;
  readonly #host: PeerHost;
  readonly #reactor: Reactor<never, never, PeerHostEvent>;
  readonly #connections = new Map<PeerId, PeerConnectionEvents>();

  constructor(options: PeerNetworkOptions) {
    const { connectTimeout, userAgent, services, startHeight, relay, rng, sha256d } = options;
    this.#options = options;
    this.#host = new PeerHost({
      ...options,
      userAgent: userAgent ?? DEFAULT_USER_AGENT,
      services: services ?? 0n,
      startHeight: startHeight ?? 0,
      relay: relay ?? false,
      rng: rng ?? secureRng,
      sha256d: sha256d ?? nativeSha256d,
      v2Transport: options.v2Transport ?? true,
      aead: nativeAead,
      ellSwift: nativeEllSwift,
    });
    this.#reactor = new Reactor({
      machine: this.#host,
      perform: never,
      onEvent: (event) => this.#handle(event),
      ...(connectTimeout === undefined ? {} : { connectTimeout }),
    });
  }

  /** Established connections that are not gone. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  connect(address: string): void {
    this.#reactor.run(() => this.#host.connect(address));
  }

  /** Answers the actual address. */
  listen(host: string, port: number): Promise<string> {
    return this.#reactor.listen({ host, port });
  }

  /** Ends everything, in bounded time; with a grace of 0, at once. */
  async close(options?: { readonly grace: number }): Promise<void> {
    await this.#reactor.close(options);
    // The machine is not called any more: those that the grace was too short for hear it here.
    for (const events of this.#connections.values()) {
      events.ended({ reason: 'closed-by-us', detail: 'closed by us' });
      events.gone();
    }
    this.#connections.clear();
  }

  #handle(event: PeerHostEvent): void {
    switch (event.type) {
      case 'connect-failed':
        return this.#options.onConnectFailed(event.cause);
      case 'established':
        return this.#establish(event);
      case 'message':
        return this.#connections.get(event.id)?.message(event.message, event.size);
      case 'drained':
        return this.#connections.get(event.id)?.drained();
      case 'ended': {
        const closed = { reason: event.reason, detail: event.detail };
        if (event.wasEstablished) this.#connections.get(event.id)?.ended(closed);
        else this.#options.onHandshakeFailed(closed);
        return;
      }
      case 'gone':
        this.#connections.get(event.id)?.gone();
        this.#connections.delete(event.id);
        return;
      case 'notice': {
        const { onNotice } = this.#options;
        const { address, code, detail } = event;
        // Not in the middle of a turn: what it does here must take effect when it returns.
        if (onNotice) queueMicrotask(() => onNotice({ address, code, detail }));
      }
    }
  }

  #establish({ peer, address, established }: PeerHostEvent & { type: 'established' }): void {
    const { id } = peer;
    const run = (command: () => void): void => {
      if (!this.#reactor.isClosed) this.#reactor.run(command);
    };
    const link = {
      peer,
      address,
      established,
      send: (message: Parameters<PeerHost['send']>[1]): number => {
        let unsent = 0;
        if (this.#reactor.isClosed) return unsent;
        this.#reactor.run((now) => (unsent = this.#host.send(id, message, now)));
        return unsent;
      },
      pause: () => run(() => this.#host.pause(id)),
      resume: () => run(() => this.#host.resume(id)),
      disconnect: () => run(() => this.#host.disconnect(id)),
    };
    const connection = new PeerConnection(link, (events) => this.#connections.set(id, events));
    this.#options.onEstablished(connection);
  }
}
