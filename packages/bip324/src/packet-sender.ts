import { contentsSize, EXPANSION, type PacketCipher } from './packet-cipher.ts';
import { Queue } from './queue.ts';

interface WaitingPacket {
  readonly parts: readonly Uint8Array[];
  readonly ignore: boolean;
}

const NO_AAD = new Uint8Array(0);

/** What goes to the peer: bytes in order. Packets wait until there is a cipher for them. */
export class PacketSender {
  #cipher: PacketCipher | undefined;
  #waiting: WaitingPacket[] = [];
  readonly #bytes = new Queue<Uint8Array>();

  /** Sends bytes as they are: key, garbage and its terminator. */
  sendBytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#bytes.push(bytes);
  }

  /** Sends the version packet, authenticated with our garbage, and all packets that wait. */
  start(cipher: PacketCipher, versionContents: Uint8Array, garbage: Uint8Array): void {
    this.#cipher = cipher;
    this.#push(cipher.encrypt([versionContents], garbage, false));
    for (const { parts, ignore } of this.#waiting) this.#push(cipher.encrypt(parts, NO_AAD, ignore));
    this.#waiting = [];
  }

  /** Sends a packet, or keeps it as long as there is no cipher. Returns its bytes on the wire. */
  send(parts: readonly Uint8Array[], ignore: boolean): number {
    const size = contentsSize(parts);
    if (this.#cipher === undefined) this.#waiting.push({ parts, ignore });
    else this.#push(this.#cipher.encrypt(parts, NO_AAD, ignore));
    return size + EXPANSION;
  }

  /** The next bytes for the peer. */
  poll(): Uint8Array | undefined {
    return this.#bytes.poll();
  }

  /** Drops what waits, and overwrites the keys. */
  close(): void {
    this.#cipher?.wipe();
    this.#waiting = [];
    this.#bytes.clear();
  }

  #push(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) if (piece.length > 0) this.#bytes.push(piece);
  }
}
