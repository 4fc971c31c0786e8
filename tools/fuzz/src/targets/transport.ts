import { nobleAead, type SessionRole } from '@btcp2p/bip324';
import { type TransportEvent, V2Transport } from '@btcp2p/peer';
import { nativeAead } from '@btcp2p/reactor';
import { encodeMessage, type Message, messageTypeOf, v1Frame, V1Transport } from '@btcp2p/wire';
import { concat, firstDifference } from '../bytes.ts';
import { type Chunk, chunksOf } from '../chunks.ts';
import type { FuzzCase } from '../fuzz-case.ts';
import { keyPool, pooledEllSwift, pooledWork, pooledXdh, type PoolKey, randomWithKey } from '../keys.ts';
import { anyMessage } from '../messages.ts';
import { mutate } from '../mutate.ts';
import { record, type Recording } from '../recording.ts';
import { type Reading, readStream } from '../reference-receiver.ts';
import type { Target } from '../target.ts';
import { anyContents, anyPayload } from './contents.ts';
import {
  expectedEvent, readContents, sameEvent, shortIdOf, v1FrameOf, V2_OVERHEAD,
} from './expected-event.ts';
import { garbageSizeOf } from './session-setting.ts';

/** `V2Transport`: what it makes of contents, and of peers that speak v1. */
export const transportTarget: Target = {
  name: 'transport',
  what: 'V2Transport, with contents of any kind, against V1Transport',
  run: (test) => (test.draw.oneIn(4) ? runV1(test) : runV2(test)),
};

/** A transport under test, and all that came of it. */
class TransportTalk {
  readonly transport: V2Transport;
  readonly events: TransportEvent[] = [];
  readonly said: Uint8Array[] = [];
  readonly sent: Message[] = [];
  readonly #test: FuzzCase;
  readonly #key: PoolKey;
  readonly #chunks: Chunk[] = [];
  heard = 0;

  constructor(test: FuzzCase, role: SessionRole, magic: Uint8Array, key: PoolKey) {
    this.#test = test;
    this.#key = key;
    const { draw } = test;
    const deferWork = draw.oneIn(4);
    const random = draw.fork('transport');
    this.transport = new V2Transport({
      role,
      magic,
      rng: deferWork ? random : randomWithKey(random, key, []),
      ellSwift: pooledEllSwift(key, []),
      aead: draw.pick([nativeAead, nobleAead]),
      garbageSize: garbageSizeOf(draw),
      deferWork,
    });
  }

  hear(stream: Uint8Array): void {
    const { draw } = this.#test;
    for (const chunk of chunksOf(draw, stream)) {
      this.#test.step();
      this.#chunks.push(chunk);
      this.transport.receive(chunk.bytes);
      this.heard += chunk.bytes.length;
      if (draw.oneIn(2)) this.drain();
      if (draw.oneIn(20) && this.transport.protocol !== 'detecting') this.#send();
      if (draw.oneIn(3)) this.#work();
    }
    while (this.#work()) this.#test.step();
    this.drain();
    this.#test.check(this.#chunks.every((chunk) => chunk.isIntact()), 'written to beside a chunk');
  }

  drain(): void {
    for (let event = this.transport.poll(); event; event = this.transport.poll()) {
      this.#test.step();
      this.events.push(event);
    }
    for (let data = this.transport.pollBytes(); data; data = this.transport.pollBytes()) {
      this.#test.step();
      this.said.push(data);
    }
  }

  #send(): void {
    if (this.events.some(({ type }) => type === 'failed')) return;
    const message = anyMessage(this.#test.draw);
    const size = this.transport.send(message);
    const payload = encodeMessage(message).length;
    const long = shortIdOf(message.type) === 0 ? 13 : 1;
    const expected = this.transport.protocol === 'v1' ? 24 + payload : long + payload + V2_OVERHEAD;
    // 0: it has failed, which nobody has looked at yet.
    if (size === 0) return;
    this.#test.same(size, expected, 'bytes that a message takes');
    this.sent.push(message);
  }

  #work(): boolean {
    const work = this.transport.pollWork();
    if (work === undefined) return false;
    this.transport.completeWork(pooledWork(work, this.#key, []));
    return true;
  }
}

function runV2(test: FuzzCase): void {
  const { draw } = test;
  const role = draw.pick(['initiator', 'responder'] as const);
  const magic = draw.bytes(4);
  const [ours, theirs] = [keyPool()[draw.below(6)]!, keyPool()[draw.between(6, 11)]!];
  const recording = recordContents(test, role, magic, ours, theirs);
  const stream = draw.oneIn(3)
    ? mutate(draw, recording.stream, recording.marks, recording.stream).bytes
    : recording.stream;
  test.note(`${role}, ${stream.length} bytes`);
  const talk = new TransportTalk(test, role, magic, ours);
  talk.hear(stream);
  const reading = readStream(stream, {
    role,
    magic,
    publicKey: ours.publicKey,
    xdh: (publicKey) => pooledXdh(ours.secretKey, publicKey),
    maxContentsSize: 4_000_013,
  });
  const intact = firstDifference(stream, recording.stream);
  test.check(reading.packets.every(({ end }) => end <= intact), 'the reference took a forgery');
  if (reading.end === 'v1-detected' && role === 'responder') return;
  checkV2Events(test, talk, reading, magic);
  if (intact >= Math.min(64, talk.heard)) checkSent(test, talk, { role, magic, theirs });
}

function recordContents(
  test: FuzzCase,
  role: SessionRole,
  magic: Uint8Array,
  ours: PoolKey,
  theirs: PoolKey,
): Recording {
  const { draw } = test;
  const packets = draw.list(12, () => ({
    contents: anyContents(draw),
    ignore: draw.oneIn(10),
  }));
  // The first that is no decoy is the version packet.
  return record(draw, {
    role: role === 'initiator' ? 'responder' : 'initiator',
    key: theirs,
    theirs: ours.publicKey,
    magic,
    garbageSize: garbageSizeOf(draw),
    packets,
  });
}

function checkV2Events(
  test: FuzzCase,
  { transport, events, heard }: TransportTalk,
  reading: Reading,
  magic: Uint8Array,
): void {
  const { packets, garbage } = reading;
  const [version, ...genuine] = packets.filter(({ ignore }) => !ignore);
  const expected = genuine.map(({ contents }) => expectedEvent(magic, contents));
  const failures = events.filter((event) => event.type === 'failed');
  const others = events.filter((event) => event.type !== 'failed');
  test.same(others.length, expected.length, 'events, without failures');
  others.forEach((event, i) => sameEvent(test, event, expected[i]!));
  for (const { type } of events) test.count(type);
  const codes = failures.map(({ code }) => code);
  test.same(codes, reading.end === 'waiting' ? [] : [reading.end], 'failures');
  test.same(transport.protocol, version === undefined ? 'detecting' : 'v2', 'protocol');
  test.count(`ended ${transport.protocol}: ${reading.end}`);
  if (reading.end !== 'waiting') {
    test.same(events.at(-1)?.type, 'failed', 'the last event');
    return;
  }
  test.same(transport.bufferedBytes, reading.buffered, 'bytes that wait');
  if (garbage === undefined) return;
  let size = 64 + garbage.length + 16 + transport.bufferedBytes;
  for (const packet of packets) {
    if (packet.ignore || packet === version) size += packet.contents.length + V2_OVERHEAD;
  }
  for (const event of events) size += event.type === 'failed' ? 0 : event.size;
  test.same(size, heard, 'bytes of all that came');
}

/** What was sent, as the peer reads it. */
function checkSent(
  test: FuzzCase,
  talk: TransportTalk,
  peer: { role: SessionRole; magic: Uint8Array; theirs: PoolKey },
): void {
  const { packets, end } = readStream(concat(talk.said), {
    role: peer.role === 'initiator' ? 'responder' : 'initiator',
    magic: peer.magic,
    publicKey: peer.theirs.publicKey,
    xdh: (publicKey) => pooledXdh(peer.theirs.secretKey, publicKey),
    maxContentsSize: 0xffffff,
  });
  test.same(end, 'waiting', 'what the peer makes of what was sent');
  packets.slice(1).forEach(({ contents }, i) => {
    const message = talk.sent[i]!;
    const read = readContents(contents);
    const type = messageTypeOf(message);
    test.same(read?.type, type, 'the type of a message sent');
    test.sameBytes(read?.payload, encodeMessage(message), 'the payload of a message sent');
    const isShort = message.type !== 'unknown' && shortIdOf(type) > 0;
    test.same(contents[0], isShort ? shortIdOf(type) : 0, 'the first byte of a message sent');
    test.count('sent');
  });
}

/** A peer that speaks v1 to a responder. */
function runV1(test: FuzzCase): void {
  const { draw } = test;
  const magic = draw.bytes(4);
  const frames = draw.list(8, () => anyPayload(draw));
  frames.unshift({ ...anyPayload(draw), type: 'version' });
  const parts = frames.map(({ type, payload }) => v1FrameOf(magic, type, payload));
  const marks = [0, 4, 16, 20, 24];
  for (const part of parts) marks.push(marks.at(-1)! + part.length);
  let stream = concat(parts);
  if (draw.oneIn(2)) stream = mutate(draw, stream, marks, stream).bytes;
  test.note(`v1, ${stream.length} bytes`);
  const key = draw.pick(keyPool());
  const talk = new TransportTalk(test, 'responder', magic, key);
  talk.hear(stream);
  const { transport, events } = talk;
  const reading = readStream(stream, {
    role: 'responder',
    magic,
    publicKey: key.publicKey,
    xdh: (publicKey) => pooledXdh(key.secretKey, publicKey),
    maxContentsSize: 4_000_013,
  });
  test.count(`began as v1: ${reading.end}`);
  if (reading.end !== 'v1-detected') return checkV2Events(test, talk, reading, magic);
  test.same(transport.protocol, 'v1', 'protocol');
  const v1 = new V1Transport({ magic });
  for (const { bytes } of chunksOf(draw, stream)) v1.receive(bytes);
  const expected: TransportEvent[] = [];
  // Of a failure of v1 the transport says as much as that of v1 does.
  for (let event = v1.poll(); event; event = v1.poll()) expected.push(event as TransportEvent);
  test.same(events.length, expected.length, 'events');
  events.forEach((event, i) => sameEvent(test, event, expected[i]!));
  for (const { type } of events) test.count(`v1 ${type}`);
  test.same(transport.bufferedBytes, v1.bufferedBytes, 'bytes that wait');
  const said = talk.sent.map((message) => v1Frame(magic, message));
  test.sameBytes(concat(talk.said), concat(said), 'what was sent by v1');
}
