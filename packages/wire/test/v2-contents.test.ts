import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  encodeMessage,
  type Message,
  messages,
  type MessageType,
  messageTypeOfShortId,
  parseV2Contents,
  regtest,
  v2Contents,
} from '../src/index.ts';
import { concat } from './support/bytes.ts';

// BIP 324 §"Application layer specification", table of message type ids; 37 is that of BIP 434.
const BIP324_IDS: Readonly<Record<number, MessageType>> = {
  1: 'addr', 2: 'block', 3: 'blocktxn', 4: 'cmpctblock', 5: 'feefilter', 6: 'filteradd',
  7: 'filterclear', 8: 'filterload', 9: 'getblocks', 10: 'getblocktxn', 11: 'getdata',
  12: 'getheaders', 13: 'headers', 14: 'inv', 15: 'mempool', 16: 'merkleblock', 17: 'notfound',
  18: 'ping', 19: 'pong', 20: 'sendcmpct', 21: 'tx', 22: 'getcfilters', 23: 'cfilter',
  24: 'getcfheaders', 25: 'cfheaders', 26: 'getcfcheckpt', 27: 'cfcheckpt', 28: 'addrv2',
  37: 'feature',
};

/** A type with as many zeros after it as are wanted. */
const text = (type: string, length = type.length): Uint8Array =>
  Uint8Array.from(Buffer.from(type.padEnd(length, '\0'), 'latin1'));

const LONG = Uint8Array.of(0);

describe('types', () => {
  test('every id of BIP 324 and BIP 434, and no other, means a type', () => {
    for (let id = 0; id < 256; id++) expect(messageTypeOfShortId(id)).toBe(BIP324_IDS[id]);
  });

  test('known types without an id, and unknown ones, are written out in 12 bytes', () => {
    const [verack, none] = v2Contents({ type: 'verack', payload: {} });
    expect(verack).toEqual(concat([LONG, text('verack', 12)]));
    expect(none.length).toBe(0);
    const bytes = Uint8Array.of(1, 2);
    const unknown: Message = { type: 'unknown', payload: { messageType: 'twelve chars', bytes } };
    expect(v2Contents(unknown)).toEqual([concat([LONG, text('twelve chars')]), bytes]);
  });

  test('a type that is none is refused', () => {
    for (const messageType of ['thirteen char', 'caf\u00e9', 'a\n']) {
      const unknown: Message = { type: 'unknown', payload: { messageType, bytes: Uint8Array.of() } };
      expect(() => v2Contents(unknown)).toThrow(RangeError);
    }
  });

  test('what is written is read, whatever the type', () => {
    for (const type of Object.keys(messages) as MessageType[]) {
      const { shortId } = messages[type];
      const payload = Uint8Array.of(9);
      const long = concat([LONG, text(type, 12), payload]);
      expect(parseV2Contents(long)).toEqual({ messageType: type, payload });
      if (shortId === undefined) continue;
      const short = Uint8Array.of(shortId, 9);
      expect(parseV2Contents(short)).toEqual({ messageType: type, payload });
    }
  });
});

describe('contents that name no type', () => {
  const padded = (type: readonly number[]): Uint8Array =>
    concat([LONG, Uint8Array.from(type), new Uint8Array(12 - type.length)]);

  test.each([
    ['nothing at all', Uint8Array.of()],
    ['an id that BIP 324 leaves open', Uint8Array.of(29)],
    ['the greatest id', Uint8Array.of(255, 1, 2)],
    ['a type of 11 bytes', new Uint8Array(12)],
    ['a control character', padded([0x70, 0x1f])],
    ['a byte above ASCII', padded([0x70, 0x80])],
    ['something after a zero', padded([0x70, 0, 0x70])],
  ])('%s', (_, contents) => {
    expect(parseV2Contents(contents)).toBeUndefined();
  });

  test('as in Core, the empty type and 0x7f are not among them', () => {
    expect(parseV2Contents(new Uint8Array(13))?.messageType).toBe('');
    expect(parseV2Contents(padded([0x7f]))?.messageType).toBe('\x7f');
  });
});

describe('payloads', () => {
  test('are those of the v1 transport', () => {
    const message: Message = { type: 'ping', payload: { nonce: 0x0807060504030201n } };
    expect(v2Contents(message)).toEqual([Uint8Array.of(18), encodeMessage(message)]);
  });

  test("a block's are its own bytes, which are not copied", () => {
    const block = regtest.genesis;
    const [type, payload] = v2Contents({ type: 'block', payload: { block } });
    expect(type).toEqual(Uint8Array.of(2));
    expect(payload).toBe(block.bytes);
  });

  test('any contents are read or refused, and what is read is a view', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (contents) => {
        const parsed = parseV2Contents(contents);
        if (parsed === undefined) return;
        expect(parsed.payload.buffer).toBe(contents.buffer);
        expect(parsed.payload.length).toBe(contents.length - (contents[0] === 0 ? 13 : 1));
      }),
    );
  });
});
