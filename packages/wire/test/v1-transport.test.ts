import { describe, expect, test } from '@jest/globals';
import { memoryHeld } from '@btcp2p/testdata';
import {
  MAX_PROTOCOL_MESSAGE_LENGTH,
  mainnet,
  type Message,
  regtest,
  sha256d,
  testnet3,
  toHex,
  type TransportEvent,
  v1Frame,
  V1_HEADER_SIZE,
  V1Transport,
} from '../src/index.ts';
import { concat, hex, nativeSha256d } from './support/bytes.ts';

const transport = (): V1Transport =>
  new V1Transport({ magic: mainnet.magic, sha256d: nativeSha256d });

/** All events that wait. */
function events(from: V1Transport): TransportEvent[] {
  const all: TransportEvent[] = [];
  for (let event = from.poll(); event !== undefined; event = from.poll()) all.push(event);
  return all;
}

/** All events of a stream that comes in one piece. */
function received(...parts: Uint8Array[]): TransportEvent[] {
  const to = transport();
  to.receive(concat(parts));
  return events(to);
}

/** A header with a fitting checksum, and the payload, whatever the type's 12 bytes are. */
function frame(type: Uint8Array | string, payload: Uint8Array, magic = mainnet.magic): Uint8Array {
  const header = new Uint8Array(V1_HEADER_SIZE);
  header.set(magic);
  header.set(typeof type === 'string' ? Buffer.from(type, 'latin1') : type, 4);
  new DataView(header.buffer).setUint32(16, payload.length, true);
  header.set(sha256d(payload).subarray(0, 4), 20);
  return concat([header, payload]);
}

const ping = (nonce: bigint): Message => ({ type: 'ping', payload: { nonce } });
const PING = v1Frame(mainnet.magic, ping(7n));
const PING_EVENT = { type: 'message', message: ping(7n), size: 32, payload: PING.subarray(24) };

describe('frames', () => {
  test('the classic verack', () => {
    const bytes = hex('f9beb4d9 76657261636b000000000000 00000000 5df6e0e2');
    expect(toHex(v1Frame(mainnet.magic, { type: 'verack', payload: {} }))).toBe(toHex(bytes));
    expect(received(bytes)).toEqual([
      { type: 'message', message: { type: 'verack', payload: {} }, size: 24, payload: new Uint8Array(0) },
    ]);
  });

  test("a ping on regtest, whose parts are in their places, with the package's own hash", () => {
    const bytes = v1Frame(regtest.magic, ping(0x0807060504030201n));
    expect(toHex(bytes.subarray(0, 20))).toBe('fabfb5da70696e67000000000000000008000000');
    expect(toHex(bytes.subarray(20, 24))).toBe(
      toHex(nativeSha256d(hex('0102030405060708')).subarray(0, 4))
    );
    expect(toHex(bytes.subarray(24))).toBe('0102030405060708');
    const to = new V1Transport({ magic: regtest.magic });
    to.receive(bytes);
    const message = ping(0x0807060504030201n);
    expect(events(to)).toEqual([{ type: 'message', message, size: 32, payload: hex('0102030405060708') }]);
  });

  test('what is sent comes out whole and in order, and can be received', () => {
    const from = transport();
    const messages: Message[] = [
      ping(1n),
      { type: 'unknown', payload: { messageType: 'twelve_chars', bytes: hex('00ff') } },
      { type: 'verack', payload: {} },
    ];
    expect(messages.map((message) => from.send(message))).toEqual([32, 26, 24]);
    const to = transport();
    const lengths: number[] = [];
    for (let bytes = from.pollBytes(); bytes !== undefined; bytes = from.pollBytes()) {
      lengths.push(bytes.length);
      to.receive(bytes);
    }
    expect(lengths).toEqual([32, 26, 24]);
    expect(from.pollBytes()).toBeUndefined();
    expect(events(to).map((event) => event.type === 'message' && event.message)).toEqual(messages);
    from.send(ping(2n));
    expect(from.pollBytes()).toHaveLength(32);
  });

  test.each(['thirteen_char', 'a\0b', 'caf\u00e9', '\u0141', '\x7f', '\n'])(
    'no message is of type %j',
    (type) => {
      const message: Message = { type: 'unknown', payload: { messageType: type, bytes: hex('') } };
      expect(() => transport().send(message)).toThrow(RangeError);
    }
  );
});

// Core test/functional/p2p_invalid_messages.py, with the texts that it looks for in the log.
describe('faults', () => {
  const BADMSG = frame('badmsg\x01', hex('0164'));

  test('a header split across two buffers', () => {
    const to = transport();
    to.receive(PING.subarray(0, 12));
    expect(events(to)).toEqual([]);
    to.receive(PING.subarray(12));
    expect(events(to)).toEqual([PING_EVENT]);
  });

  test('wrong magic fails the stream', () => {
    const bad = BADMSG.slice();
    bad.fill(0xff, 0, 4);
    const failed = {
      type: 'failed',
      code: 'wrong-magic',
      detail: 'Header error: Wrong MessageStart ffffffff received',
    };
    expect(received(PING, bad, PING)).toEqual([PING_EVENT, failed]);
    expect(received(frame('ping', hex(''), testnet3.magic))).toMatchObject([
      { code: 'wrong-magic' },
    ]);
    for (let i = 0; i < 4; i++) {
      const off = PING.slice();
      off[i]! ^= 1;
      expect(received(off)).toMatchObject([{ type: 'failed', code: 'wrong-magic' }]);
    }
  });

  test('magic is judged when the header is whole', () => {
    const to = transport();
    to.receive(new Uint8Array(23));
    expect(events(to)).toEqual([]);
    to.receive(new Uint8Array(1));
    expect(events(to)).toMatchObject([{ type: 'failed', code: 'wrong-magic' }]);
  });

  test('a wrong checksum drops the message', () => {
    const bad = BADMSG.slice();
    bad.fill(0xff, 20, 24);
    expect(received(bad, PING)).toEqual([
      {
        type: 'rejected',
        code: 'checksum',
        messageType: 'badmsg\x01',
        detail: 'Header error: Wrong checksum (badmsg, 2 bytes), expected 78df0a04 was ffffffff',
        size: 26,
      },
      PING_EVENT,
    ]);
    for (let i = 20; i < PING.length; i++) {
      const off = PING.slice();
      off[i]! ^= 0x80;
      expect(received(off, PING)).toMatchObject([
        { type: 'rejected', code: 'checksum' },
        PING_EVENT,
      ]);
    }
  });

  test('4,000,001 bytes fail the stream as soon as they are announced', () => {
    const header = frame('badmsg\x01', hex('')).slice();
    new DataView(header.buffer).setUint32(16, MAX_PROTOCOL_MESSAGE_LENGTH + 1, true);
    const failed = {
      type: 'failed',
      code: 'oversized-message',
      detail: 'Header error: Size too large (badmsg, 4000001 bytes)',
    };
    expect(received(header)).toEqual([failed]);
    expect(received(PING, header, PING)).toEqual([PING_EVENT, failed]);
    new DataView(header.buffer).setUint32(16, 0xffff_ffff, true);
    expect(received(header)).toMatchObject([
      { detail: 'Header error: Size too large (badmsg, 4294967295 bytes)' },
    ]);
  });

  test('4,000,000 bytes do not', () => {
    const bytes = frame('huge', new Uint8Array(MAX_PROTOCOL_MESSAGE_LENGTH));
    expect(received(bytes, PING)).toMatchObject([
      { type: 'message', size: bytes.length },
      PING_EVENT,
    ]);
  });

  test('an invalid type drops the message (Core IsMessageTypeValid)', () => {
    // msg[:7] + b'\x00' + msg[8:]
    const cut = BADMSG.slice();
    cut[7] = 0;
    expect(received(cut, PING)).toEqual([
      {
        type: 'rejected',
        code: 'invalid-type',
        messageType: 'bad',
        detail: 'Header error: Invalid message type (bad, 2 bytes)',
        size: 26,
      },
      PING_EVENT,
    ]);
  });

  test('every byte in every place of a type', () => {
    for (let at = 0; at < 12; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const type = new Uint8Array(12).fill(0x61, 0, Math.max(at, 3));
        type[at] = byte;
        const [event] = received(frame(type, hex('')));
        // Printable ASCII with nothing but zeros after the first.
        const isValid = /^[\x20-\x7e]*\0*$/.test(Buffer.from(type).toString('latin1'));
        expect(event).toMatchObject(
          isValid ? { type: 'message' } : { type: 'rejected', code: 'invalid-type' }
        );
      }
    }
  });

  test('a wrong checksum comes before an invalid type', () => {
    const bad = BADMSG.slice();
    bad[20]! ^= 1;
    expect(received(bad)).toMatchObject([{ code: 'checksum' }]);
  });

  test("a peer's own words do not reach the log unless they are harmless (Core SanitizeString)", () => {
    const [event] = received(frame('<b>\x1b[2J" %n', hex('')));
    expect(event).toMatchObject({ detail: 'Header error: Invalid message type (b2J n, 0 bytes)' });
  });

  test('what does not decode is told of, and the stream goes on', () => {
    const short = frame('sendcmpct', hex('01'));
    const tooMany = frame('headers', hex('fdd107'));
    expect(received(short, tooMany, PING)).toMatchObject([
      {
        type: 'undecodable',
        messageType: 'sendcmpct',
        error: { code: 'truncated', offset: 1 },
        size: 25,
      },
      {
        type: 'undecodable',
        messageType: 'headers',
        error: { code: 'limit-exceeded', offset: 0 },
        size: 27,
      },
      PING_EVENT,
    ]);
  });

  test('nothing comes after a failure', () => {
    const to = transport();
    to.receive(concat([PING, new Uint8Array(24), PING]));
    to.receive(PING);
    expect(events(to)).toMatchObject([PING_EVENT, { type: 'failed' }]);
    to.receive(PING);
    to.receive(new Uint8Array(24));
    expect(events(to)).toEqual([]);
  });

  test('our own faults are not taken for the peer’s', () => {
    const broken = (): Uint8Array => {
      throw new TypeError('broken hash');
    };
    const to = new V1Transport({ magic: mainnet.magic, sha256d: broken });
    expect(() => to.receive(PING)).toThrow('broken hash');
  });
});

describe('memory', () => {
  const ANNOUNCED = ((): Uint8Array => {
    const header = frame('block', hex('')).slice();
    new DataView(header.buffer).setUint32(16, MAX_PROTOCOL_MESSAGE_LENGTH, true);
    return header;
  })();

  test('announcing 4 MB costs nothing; what came costs at most twice itself, or 4 kB', () => {
    const peers = Array.from({ length: 200 }, transport);
    const before = memoryHeld();
    for (const peer of peers) peer.receive(ANNOUNCED);
    expect(memoryHeld().buffers - before.buffers).toBeLessThan(200 * 1_000);
    for (const peer of peers) peer.receive(Uint8Array.of(1));
    expect(memoryHeld().buffers - before.buffers).toBeLessThan(200 * 5_000);
    for (const peer of peers) peer.receive(new Uint8Array(20_000));
    expect(memoryHeld().buffers - before.buffers).toBeLessThan(200 * 41_000);
    expect(peers.map((peer) => peer.poll())).toEqual(peers.map(() => undefined));
  });

  test('4 MB, one byte at a time: at most 4 MB are held, and copying stays linear', () => {
    const to = transport();
    to.receive(ANNOUNCED);
    const before = memoryHeld();
    const byte = new Uint8Array(1);
    let most = 0;
    for (let sent = 1; sent < MAX_PROTOCOL_MESSAGE_LENGTH; sent++) {
      to.receive(byte);
      if (sent % 500_000 === 0) most = Math.max(most, memoryHeld().buffers - before.buffers);
    }
    expect(most).toBeLessThan(MAX_PROTOCOL_MESSAGE_LENGTH + 100_000);
    expect(to.poll()).toBeUndefined();
    to.receive(byte);
    expect(events(to)).toMatchObject([{ type: 'rejected', code: 'checksum' }]);
    expect(memoryHeld().buffers - before.buffers).toBeLessThan(100_000);
  });
});

describe('borrowing', () => {
  const inv = v1Frame(mainnet.magic, {
    type: 'inv',
    payload: {
      inventory: [
        { type: 'tx', hash: new Uint8Array(32).fill(9) },
        { type: 'wtx', hash: hex('ab'.repeat(32)) },
      ],
    },
  });

  test('a message that came in one chunk is a view of it', () => {
    const to = transport();
    const chunk = concat([inv]);
    to.receive(chunk);
    const [event] = events(to);
    const message = event?.type === 'message' && event.message.type === 'inv' && event.message;
    expect(message && message.payload.inventory[0]?.hash.buffer === chunk.buffer).toBe(true);
  });

  test('a chunk may be overwritten once its events have been polled', () => {
    const stream = concat([inv, PING, inv, inv]);
    for (let size = 1; size <= stream.length; size++) {
      const to = transport();
      const chunk = new Uint8Array(size);
      const seen: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        chunk.fill(0xee);
        const part = stream.subarray(at, at + size);
        chunk.set(part);
        to.receive(chunk.subarray(0, part.length));
        for (const event of events(to)) {
          seen.push(
            event.type === 'message'
              ? toHex(v1Frame(mainnet.magic, event.message, nativeSha256d))
              : event.type
          );
        }
      }
      expect(seen).toEqual([inv, PING, inv, inv].map(toHex));
    }
  });
});
