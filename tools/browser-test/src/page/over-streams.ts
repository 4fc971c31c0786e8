import { v2Streams } from '@btcp2p/bip324';
import { fromHex, mainnet, toHex } from '@btcp2p/wire';
import { packetsOf } from './packets.ts';
import { randomness } from './randomness.ts';

/** What came out of two pairs of streams. */
export interface StreamsReport {
  /** Of both sides, hex. */
  readonly sessionIds: readonly string[];
  /** Contents of the packets that the responder received, and those that the initiator did, hex. */
  readonly toResponder: readonly string[];
  readonly toInitiator: readonly string[];
}

/**
 * Two v2 connections' ends piped into each other, through a stream that cuts bytes into chunks of
 * `size`. Both sides send `count` packets.
 */
export async function overStreams(count: number, size: number): Promise<StreamsReport> {
  const { magic } = mainnet;
  const a = v2Streams({ role: 'initiator', magic, rng: randomness });
  const b = v2Streams({ role: 'responder', magic, rng: randomness });
  const pipes = [
    a.encrypt.readable.pipeThrough(cutter(size)).pipeTo(b.decrypt.writable),
    b.encrypt.readable.pipeThrough(cutter(size)).pipeTo(a.decrypt.writable),
  ];
  const [toResponder, toInitiator] = await Promise.all([
    read(b.decrypt.readable, count),
    read(a.decrypt.readable, count),
    write(a.encrypt.writable, count, 0),
    write(b.encrypt.writable, count, 1),
  ]);
  const sessionIds = [a, b].map(({ session }) => toHex(session.sessionId ?? new Uint8Array(0)));
  await a.encrypt.writable.close();
  await Promise.all(pipes);
  return { sessionIds, toResponder, toInitiator };
}

/** Cuts chunks into smaller ones. */
function cutter(size: number): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(bytes, controller) {
      for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
    },
  });
}

async function write(to: WritableStream<Uint8Array>, count: number, salt: number): Promise<void> {
  const writer = to.getWriter();
  for (const { contents } of packetsOf(count, salt)) await writer.write(fromHex(contents));
  writer.releaseLock();
}

async function read(from: ReadableStream<Uint8Array>, count: number): Promise<string[]> {
  const reader = from.getReader();
  const contents: string[] = [];
  while (contents.length < count) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`over after ${contents.length} packets`);
    contents.push(toHex(value));
  }
  reader.releaseLock();
  return contents;
}
