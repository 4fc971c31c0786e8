import type { Bcoin, BcoinPacket } from '@btcp2p/bcoin-peer';
import { SeededRng } from '@btcp2p/machine';
import {
  BlockHeader, BlockView, decode, encodeMessage, mainnet, v1Frame, V1Transport, type Message,
} from '@btcp2p/wire';
import type { Case, Contender } from '../bench.ts';
import { digest } from '../digest.ts';
import { nativeSha256d } from '@btcp2p/reactor';
import { timed } from '../timed.ts';
import { microsecondsEach } from '../unit.ts';
import { OURS } from './our-library.ts';
import { CHUNK_SIZE, receiveThrough } from './transport-pair.ts';

/** A message to frame, and how many of them make a stream worth measuring. */
interface Sample {
  readonly name: string;
  readonly message: Message;
  readonly repeat: number;
}

/**
 * Encoding and decoding of whole v1 messages.
 *
 * @param block a whole block
 * @param headers at least 2,000 headers of 80 bytes
 */
export function framingCases(
  block: Uint8Array,
  headers: Uint8Array,
  bcoin: Bcoin | undefined,
): Case[] {
  const samples = [
    { name: 'block', message: blockMessage(block), repeat: 1 },
    { name: 'inv of 1,000', message: inventory(1_000), repeat: 10 },
    { name: 'headers of 2,000', message: headersMessage(headers, 2_000), repeat: 3 },
    { name: 'ping', message: ping(), repeat: 2_048 },
  ];
  return samples.flatMap((sample) => [encodeCase(sample, bcoin), decodeCase(sample, bcoin)]);
}

function encodeCase({ name, message }: Sample, bcoin: Bcoin | undefined): Case {
  return {
    name: `v1 encode + checksum, ${name}`,
    unit: microsecondsEach('message', 1),
    ours: timed({
      name: OURS,
      run: () => v1Frame(mainnet.magic, message, nativeSha256d),
      answer: (frame) => digest([frame]),
    }),
    rivals: bcoin === undefined ? [] : [encodeByBcoin(bcoin, message)],
    method:
      'from a message\'s object to all of its bytes on the wire, SHA-256d by OpenSSL on both sides. ' +
      'The block is bytes on both sides: a view of ours, and what bcoin decoded it from. bcoin ' +
      'keeps hashes as hex.',
  };
}

function encodeByBcoin(bcoin: Bcoin, message: Message): Contender {
  const framer = new bcoin.Framer('main');
  const packet = bcoin.packets.fromRaw(message.type, bcoin.buffer(encodeMessage(message)));
  return timed({
    name: 'bcoin',
    version: bcoin.version,
    run: () => framer.packet(packet.cmd, packet.toRaw()),
    answer: (frame) => digest([frame]),
  });
}

function decodeCase({ name, message, repeat }: Sample, bcoin: Bcoin | undefined): Case {
  const frame = v1Frame(mainnet.magic, message, nativeSha256d);
  const chunks = chunksOf(frame, repeat);
  return {
    name: `v1 decode from 64 KiB chunks, ${name}`,
    unit: microsecondsEach('message', repeat),
    ours: timed({
      name: OURS,
      run: () => decodeByUs(chunks),
      answer: (messages) => digest(messages.map(encodeMessage)),
    }),
    rivals: bcoin === undefined ? [] : decodersOfBcoin(bcoin, message.type, chunks),
    method:
      `from the bytes of a stream, ${CHUNK_SIZE} at a time, to messages whose checksums are right, ` +
      'as objects. Of a block ours makes a view, all of its structure checked; bcoin reads its ' +
      'header and looks at the rest later, or makes objects of it all (`bcoin toBlock`). Ours grows ' +
      'its memory with what has come, bcoin takes it in one piece as long as the header says.',
  };
}

function decodersOfBcoin(bcoin: Bcoin, type: string, chunks: readonly Uint8Array[]): Contender[] {
  const plain = decodeByBcoin(bcoin, 'bcoin', chunks, () => {});
  if (type !== 'block') return [plain];
  const decoded = decodeByBcoin(bcoin, 'bcoin toBlock', chunks, (packet) => {
    (packet as unknown as { readonly block: { toBlock(): unknown } }).block.toBlock();
  });
  return [plain, decoded];
}

function decodeByUs(chunks: readonly Uint8Array[]): Message[] {
  const transport = new V1Transport({ magic: mainnet.magic, sha256d: nativeSha256d });
  return receiveThrough(transport, chunks);
}

function decodeByBcoin(
  bcoin: Bcoin,
  name: string,
  chunks: readonly Uint8Array[],
  use: (packet: BcoinPacket) => void,
): Contender {
  const buffers = chunks.map((chunk) => bcoin.buffer(chunk));
  return timed({
    name,
    version: bcoin.version,
    run() {
      const parser = new bcoin.Parser('main');
      const packets: BcoinPacket[] = [];
      parser.on('packet', (packet) => {
        use(packet);
        packets.push(packet);
      });
      parser.on('error', (error) => {
        throw error;
      });
      for (const buffer of buffers) parser.feed(buffer);
      return packets;
    },
    answer: (packets) => digest(packets.map((packet) => packet.toRaw())),
  });
}

function blockMessage(bytes: Uint8Array): Message {
  return { type: 'block', payload: { block: BlockView.of(bytes) } };
}

function inventory(count: number): Message {
  const rng = new SeededRng(1n);
  const vectors = Array.from({ length: count }, () => ({ type: 'tx', hash: rng.bytes(32) }) as const);
  return { type: 'inv', payload: { inventory: vectors } };
}

function headersMessage(bytes: Uint8Array, count: number): Message {
  const headers = Array.from({ length: count }, (_, i) =>
    decode(BlockHeader, bytes.subarray(i * 80, (i + 1) * 80)),
  );
  return { type: 'headers', payload: { headers } };
}

function ping(): Message {
  return { type: 'ping', payload: { nonce: 0x0123_4567_89ab_cdefn } };
}

function chunksOf(frame: Uint8Array, repeat: number): Uint8Array[] {
  const stream = new Uint8Array(frame.length * repeat);
  for (let i = 0; i < repeat; i++) stream.set(frame, i * frame.length);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += CHUNK_SIZE) {
    chunks.push(stream.subarray(at, at + CHUNK_SIZE));
  }
  return chunks;
}
