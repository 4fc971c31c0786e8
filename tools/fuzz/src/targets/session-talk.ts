import { Session, type SessionEvent, type SessionErrorCode } from '@btcp2p/bip324';
import { concat } from '../bytes.ts';
import type { Chunk } from '../chunks.ts';
import { Draw } from '../draw.ts';
import type { FuzzCase } from '../fuzz-case.ts';
import { pooledEllSwift, pooledWork, pooledXdh, randomWithKey } from '../keys.ts';
import { type Reading, readStream } from '../reference-receiver.ts';
import { Secrets } from '../secrets.ts';
import type { RecordedPacket } from '../recording.ts';
import { contentsSizeOf, type Setting } from './session-setting.ts';

/** More than the largest packet: nobody can wait for what would still come after it. */
const FLOOD_SIZE = 5_000_000;
const FLOOD_CHUNK = 65_536;
let flood: Uint8Array | undefined;

const CODES: readonly SessionErrorCode[] = [
  'v1-detected', 'wrong-network', 'no-garbage-terminator', 'authentication-failed', 'packet-too-large',
];

/** One session: what it hears and says, and what it has to do about it. */
export class SessionTalk {
  readonly #test: FuzzCase;
  readonly #setting: Setting;
  readonly #session: Session;
  readonly #secrets = new Secrets();
  readonly #chunks: Chunk[] = [];
  readonly #events: SessionEvent[] = [];
  readonly #said: Uint8Array[] = [];
  readonly #toSay: RecordedPacket[] = [];
  #heard = 0;
  #failedAt: number | undefined;
  #isClosed = false;

  constructor(test: FuzzCase, setting: Setting) {
    this.#test = test;
    this.#setting = setting;
    const { role, magic, ours, work, max, garbageSize, versionContents } = setting;
    const { handedOut } = this.#secrets;
    const random = test.draw.fork('session');
    this.#session = new Session({
      role,
      magic,
      rng: work === 'at once' ? randomWithKey(random, ours, handedOut) : random,
      aead: this.#secrets.watch(setting.aead),
      ellSwift: pooledEllSwift(ours, handedOut),
      versionContents,
      maxContentsSize: max,
      deferWork: work !== 'at once',
      ...(garbageSize === undefined ? {} : { garbageSize }),
    });
  }

  get heardBytes(): number {
    return this.#heard;
  }

  get saidBytes(): number {
    return this.#said.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Gives the session a chunk, and does other things at random. */
  hear(chunk: Chunk): void {
    if (this.#isClosed) return;
    const { draw } = this.#test;
    this.#test.step();
    this.#chunks.push(chunk);
    this.#session.receive(chunk.bytes);
    this.#heard += chunk.bytes.length;
    this.#look();
    if (draw.oneIn(5)) this.#say();
    if (draw.oneIn(2)) this.#takeBytes();
    if (draw.oneIn(2)) this.#takeEvents();
    if (this.#setting.work === 'later' && draw.oneIn(3)) this.#workOnce();
    if (draw.oneIn(400) && this.#session.stage !== 'failed') this.#close();
  }

  /** Does what slow steps are left. */
  finishWork(): void {
    if (this.#setting.work === 'later') while (this.#workOnce()) this.#test.step();
    this.#takeBytes();
  }

  /** What the session made of all it heard, against the reference. */
  checkHeard(stream: Uint8Array, intact: number): void {
    const test = this.#test;
    this.#takeEvents();
    const reading = this.#reading(stream.subarray(0, this.#heard));
    const { packets, end } = reading;
    test.check(packets.every((packet) => packet.end <= intact), 'the reference took a forgery');
    const given = this.#events.filter(({ type }) => type !== 'failed');
    const awaited = packets.filter(({ ignore }) => !ignore);
    if (this.#isClosed) test.check(given.length <= awaited.length, 'more events than packets');
    else test.same(given.length, awaited.length, 'events, without failures');
    given.forEach((event, i) => this.#checkEvent(event, awaited[i]!.contents, i, reading));
    this.#checkEnd(end);
    if (this.#isClosed) return;
    test.same(this.#session.decoysReceived, packets.length - awaited.length, 'decoys');
    test.same(this.#session.bufferedBytes, reading.buffered, 'bytes that wait');
    test.count('packets', packets.length);
    test.count('decoys', packets.length - awaited.length);
    test.count('rekeys passed', Math.floor(packets.length / 224));
  }

  /** What the session sent, as its peer reads it. */
  checkSaid(isKeyIntact: boolean): void {
    const test = this.#test;
    const { ours, theirs, role, magic, garbageSize, versionContents } = this.#setting;
    const said = concat(this.#said);
    test.sameBytes(said.subarray(0, 64), ours.publicKey.subarray(0, said.length), 'the key sent');
    if (!isKeyIntact) return;
    const reading = readStream(said, {
      role: role === 'initiator' ? 'responder' : 'initiator',
      magic,
      publicKey: theirs.publicKey,
      xdh: (publicKey) => pooledXdh(theirs.secretKey, publicKey),
      maxContentsSize: 0xffffff,
    });
    test.same(reading.end, 'waiting', 'what the peer makes of what was sent');
    const toSay = [{ contents: versionContents, ignore: false }, ...this.#toSay];
    const isOver = this.#isClosed || this.#failedAt !== undefined;
    const hasKeys = this.#heard >= 64 && this.#setting.work !== 'never';
    if (!isOver) test.same(reading.packets.length, hasKeys ? toSay.length : 0, 'packets sent');
    reading.packets.forEach(({ contents, ignore }, i) => {
      test.same(ignore, toSay[i]!.ignore, `packet ${i} sent is a decoy`);
      test.sameBytes(contents, toSay[i]!.contents, `packet ${i} sent`);
    });
    const { garbage } = reading;
    if (garbage !== undefined && garbageSize !== undefined) {
      test.same(garbage.length, garbageSize, 'bytes of garbage sent');
    }
  }

  /** Whoever still waits is given more than it can wait for. */
  drown(): void {
    if (this.#isClosed || this.#setting.work === 'never') return;
    if (this.#failedAt !== undefined) return;
    flood ??= new Draw(5n).bytes(FLOOD_SIZE);
    const before = this.#events.length;
    for (let at = 0; at < FLOOD_SIZE && this.#failedAt === undefined; at += FLOOD_CHUNK) {
      const data = flood.slice(at, at + FLOOD_CHUNK);
      this.#session.receive(data);
      this.#heard += data.length;
      this.#look();
      if (this.#setting.work === 'later') while (this.#workOnce()) this.#test.step();
    }
    this.#takeEvents();
    const types = this.#events.slice(before).map(({ type }) => type);
    this.#test.same(types, ['failed'], 'events after 5 MB of nonsense');
    this.#test.count('failed after 5 MB of nonsense');
    this.#checkOver();
  }

  /** Ends the session, and looks at what it leaves. */
  end(): void {
    const test = this.#test;
    const work = this.#session.pollWork();
    const late = work && pooledWork(work, this.#setting.ours, this.#secrets.handedOut);
    this.#session.close();
    if (late !== undefined) this.#session.completeWork(late);
    this.#checkOver();
    test.check(this.#chunks.every((chunk) => chunk.isIntact()), 'written to beside a chunk');
  }

  #reading(heard: Uint8Array): Reading {
    const { role, magic, ours, work, max } = this.#setting;
    const reading = readStream(heard, {
      role,
      magic,
      publicKey: ours.publicKey,
      xdh: (publicKey) => pooledXdh(ours.secretKey, publicKey),
      maxContentsSize: max,
    });
    if (work !== 'never') return reading;
    const { end } = reading;
    // Without keys only a responder gets as far as this. Which first bytes it sees at once decides
    // whether it sees what network they are of.
    const isSeen = role === 'responder' && (end === 'v1-detected' || end === 'wrong-network');
    if (isSeen && (end === 'v1-detected' || this.#failedAt !== undefined)) return reading;
    return { ...reading, packets: [], end: 'waiting', buffered: heard.length };
  }

  #checkEvent(event: SessionEvent, contents: Uint8Array, i: number, reading: Reading): void {
    const test = this.#test;
    if (event.type === 'established') {
      test.same(i, 0, 'the place of established');
      test.sameBytes(event.versionContents, contents, 'contents of the version packet');
      test.sameBytes(event.sessionId, reading.sessionId, 'session id');
      test.sameBytes(this.#session.sessionId, reading.sessionId, 'session id');
      test.count('established');
    } else if (event.type === 'packet') {
      test.check(i > 0, 'a packet before established');
      test.sameBytes(event.contents, contents, `packet ${i}`);
    }
  }

  #checkEnd(end: Reading['end']): void {
    const test = this.#test;
    const failures = this.#events.filter((event) => event.type === 'failed');
    if (this.#isClosed) {
      test.same(failures, [], 'failures of a session that was closed');
      test.count('closed');
      return;
    }
    const codes = failures.map(({ code }) => code);
    test.same(codes, end === 'waiting' ? [] : [end], 'failures');
    test.count(end === 'waiting' ? 'waiting' : `failed: ${end}`);
    const [failure] = failures;
    if (failure === undefined) return;
    test.same(this.#events.at(-1), failure, 'the last event');
    test.check(CODES.includes(failure.code), 'an error without a name');
    test.same(this.#session.receivedBytes, this.#failedAt, 'bytes received until the failure');
    if (failure.code === 'v1-detected') {
      const heard = concat(this.#chunks.map(({ bytes }) => bytes)).subarray(0, this.#failedAt);
      test.sameBytes(failure.received, heard, 'what was received of v1');
      if (this.#setting.role === 'responder') test.same(this.saidBytes, 0, 'bytes said to v1');
    }
    this.#checkOver();
  }

  /** After the end nothing goes in or out, and no secret is left. */
  #checkOver(): void {
    const test = this.#test;
    const session = this.#session;
    const { receivedBytes } = session;
    test.same(session.send(Uint8Array.of(1)), 0, 'bytes sent after the end');
    test.same(session.pollBytes(), undefined, 'bytes to send after the end');
    session.receive(Uint8Array.of(1, 2, 3));
    test.same(session.receivedBytes, receivedBytes, 'bytes received after the end');
    test.same(session.bufferedBytes, 0, 'bytes that wait after the end');
    test.same(session.poll(), undefined, 'events after the end');
    test.same(session.pollWork(), undefined, 'work after the end');
    this.#secrets.checkWiped(test);
  }

  #say(): void {
    const { draw } = this.#test;
    const contents = draw.bytes(contentsSizeOf(draw));
    const cut = draw.below(contents.length + 1);
    const isWhole = draw.oneIn(2);
    const ignore = draw.oneIn(4);
    const parts = isWhole ? contents : [contents.subarray(0, cut), contents.subarray(cut)];
    const size = this.#session.send(parts, ignore ? { ignore } : undefined);
    const isOver = this.#failedAt !== undefined;
    this.#test.same(size, isOver ? 0 : contents.length + 20, 'bytes that a packet takes');
    if (!isOver) this.#toSay.push({ contents, ignore });
  }

  #takeBytes(): void {
    for (let data = this.#session.pollBytes(); data !== undefined; data = this.#session.pollBytes()) {
      this.#test.step();
      // What was given out must not change, so that no copy is made.
      this.#said.push(data);
      this.#test.check(this.#failedAt === undefined, 'bytes to send after a failure');
    }
  }

  #takeEvents(): void {
    for (let event = this.#session.poll(); event !== undefined; event = this.#session.poll()) {
      this.#test.step();
      this.#events.push(event);
    }
  }

  #workOnce(): boolean {
    const work = this.#session.pollWork();
    if (work === undefined) return false;
    this.#test.check(this.#session.isWaiting, 'there is work, but nobody waits for it');
    this.#session.completeWork(pooledWork(work, this.#setting.ours, this.#secrets.handedOut));
    this.#look();
    return true;
  }

  #look(): void {
    const { stage, bufferedBytes } = this.#session;
    if (stage === 'failed') this.#failedAt ??= this.#heard;
    this.#test.check(bufferedBytes <= this.#heard, 'more bytes wait than came');
  }

  #close(): void {
    this.#takeBytes();
    this.#takeEvents();
    this.#session.close();
    this.#isClosed = true;
    this.#test.note(`closed after ${this.#heard} bytes`);
  }
}

