import { V2Transport, type Transport, type V2TransportOptions } from '@btcp2p/peer';
import { nativeAead, nativeEllSwift, nativeSha256d, secureRng } from '@btcp2p/reactor';
import { mainnet, V1Transport, type Message } from '@btcp2p/wire';
import { OURS } from './our-library.ts';

/** What a socket hands over at once, at most. */
export const CHUNK_SIZE = 65_536;

/** The two ends of a connection, after the handshake. */
export interface TransportPair {
  readonly near: Transport;
  readonly far: Transport;
}

/** A transport, as a contender. */
export interface TransportKind {
  readonly name: string;
  readonly connect: () => TransportPair;
}

/** Version 2 with OpenSSL and WebAssembly. */
export const ourV2: TransportKind = {
  name: OURS,
  connect: () => connectV2({ aead: nativeAead, ellSwift: nativeEllSwift }),
};

/** Version 2 as it is without any options, as in a browser. */
export const nobleV2: TransportKind = { name: 'btcp2p, noble only', connect: () => connectV2({}) };

/** Version 1, with SHA-256 by OpenSSL. */
export const ourV1: TransportKind = {
  name: 'btcp2p v1',
  connect() {
    const options = { magic: mainnet.magic, sha256d: nativeSha256d };
    return { near: new V1Transport(options), far: new V1Transport(options) };
  },
};

/** The bytes of a message on the wire, as they come out of a transport. */
export function sendThrough(transport: Transport, message: Message, pieces: Uint8Array[]): void {
  transport.send(message);
  for (let bytes = transport.pollBytes(); bytes !== undefined; bytes = transport.pollBytes()) {
    pieces.push(bytes);
  }
}

/** What a transport makes of chunks: messages, or else it throws. */
export function receiveThrough(transport: Transport, chunks: readonly Uint8Array[]): Message[] {
  const messages: Message[] = [];
  for (const chunk of chunks) {
    transport.receive(chunk);
    for (let event = transport.poll(); event !== undefined; event = transport.poll()) {
      if (event.type !== 'message') throw new Error(event.type);
      messages.push(event.message);
    }
  }
  return messages;
}

/** Bytes as a socket gives them: chunks of 64 KiB, each in memory of its own. */
export function chunksOf(pieces: readonly Uint8Array[]): Uint8Array[] {
  const stream = Buffer.concat(pieces);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += CHUNK_SIZE) {
    chunks.push(new Uint8Array(stream.subarray(at, at + CHUNK_SIZE)));
  }
  return chunks;
}

function connectV2(ciphers: Pick<V2TransportOptions, 'aead' | 'ellSwift'>): TransportPair {
  const options = { magic: mainnet.magic, rng: secureRng, ...ciphers };
  const near = new V2Transport({ ...options, role: 'initiator' });
  const far = new V2Transport({ ...options, role: 'responder' });
  while (near.protocol !== 'v2' || far.protocol !== 'v2') {
    if (!pass(near, far) && !pass(far, near)) throw new Error('the handshake does not end');
  }
  return { near, far };
}

/** Hands over all that one end has for the other. False if there was nothing. */
function pass(from: Transport, to: Transport): boolean {
  const first = from.pollBytes();
  for (let bytes = first; bytes !== undefined; bytes = from.pollBytes()) {
    receiveThrough(to, [bytes.slice()]);
  }
  return first !== undefined;
}
