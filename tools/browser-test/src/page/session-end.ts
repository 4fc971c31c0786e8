import { Session, type Aead, type SessionRole, type SessionStage } from '@btcp2p/bip324';
import { fromHex, mainnet, toHex } from '@btcp2p/wire';
import { concat, type Packet } from './packets.ts';
import { randomness } from './randomness.ts';

/** How one end fared. */
export interface SessionReport {
  readonly stage: SessionStage;
  /** Hex; empty before the end of the handshake. */
  readonly sessionId: string;
  /** Contents of the packets received, in order, hex. */
  readonly contents: readonly string[];
  readonly decoysReceived: number;
  /** How it failed, if it did. */
  readonly failure: string | undefined;
}

/** One end of a connection: a session of mainnet. It is the same in a page and here. */
export class SessionEnd {
  readonly #session: Session;
  readonly #contents: string[] = [];
  #failure: string | undefined;

  constructor(role: SessionRole, aead?: Aead) {
    const { magic } = mainnet;
    this.#session = new Session({ role, magic, rng: randomness, ...(aead && { aead }) });
  }

  send(packets: readonly Packet[]): void {
    for (const { contents, ignore } of packets) this.#session.send(fromHex(contents), { ignore });
  }

  receive(bytes: Uint8Array): void {
    this.#session.receive(bytes);
    for (let event = this.#session.poll(); event !== undefined; event = this.#session.poll()) {
      if (event.type === 'packet') this.#contents.push(toHex(event.contents));
      if (event.type === 'failed') this.#failure = `${event.code}: ${event.detail}`;
    }
  }

  /** All bytes that wait for the other end. */
  takeBytes(): Uint8Array {
    const parts: Uint8Array[] = [];
    const session = this.#session;
    for (let part = session.pollBytes(); part !== undefined; part = session.pollBytes()) parts.push(part);
    return concat(parts);
  }

  report(): SessionReport {
    const { stage, sessionId, decoysReceived } = this.#session;
    return {
      stage,
      sessionId: sessionId === undefined ? '' : toHex(sessionId),
      contents: this.#contents,
      decoysReceived,
      failure: this.#failure,
    };
  }
}
