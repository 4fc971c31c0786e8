import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  BlockView,
  decode,
  decodeMessage,
  DecodeError,
  encode,
  encodeMessage,
  hasWitness,
  type Message,
  messages,
  type MessageType,
  messageTypeOf,
  payloadSize,
  regtest,
  strippedBytes,
  strippedSize,
  Transaction,
  TransactionView,
  txid,
  type TransportEvent,
  v1Frame,
  V1Transport,
  weight,
  wtxid,
} from '../src/index.ts';
import { block, message, messageOf, transaction, unknownMessage } from './support/arbitraries.ts';
import { concat, nativeSha256d } from './support/bytes.ts';

const TYPES = Object.keys(messages) as MessageType[];

describe('decode undoes encode', () => {
  function roundTrip(value: Message): void {
    const encoded = encodeMessage(value);
    expect(payloadSize(value)).toBe(encoded.length);
    expect(decodeMessage(messageTypeOf(value), encoded)).toEqual(value);
  }

  test.each(TYPES)('%s', (type) => {
    fc.assert(fc.property(messageOf(type), roundTrip));
  });

  test('unknown', () => {
    fc.assert(fc.property(unknownMessage, roundTrip));
  });

  test('transactions: what is without witnesses is what BIP 141 says', () => {
    fc.assert(
      fc.property(transaction, (value) => {
        const encoded = encode(Transaction, value);
        const without = {
          ...value,
          inputs: value.inputs.map((input) => ({ ...input, witness: [] })),
        };
        const stripped = encode(Transaction, without);
        expect(strippedBytes(value)).toEqual(stripped);
        expect(strippedSize(value)).toBe(stripped.length);
        expect(weight(value)).toBe(3 * stripped.length + encoded.length);
        expect(hasWitness(value)).toBe(encoded.length !== stripped.length);
        expect(txid(value)).toEqual(nativeSha256d(stripped));
        expect(wtxid(value, nativeSha256d)).toEqual(nativeSha256d(encoded));
      })
    );
  });

  test('transactions: a view gives what its parts give', () => {
    fc.assert(
      fc.property(transaction, (value) => {
        const view = TransactionView.from(value);
        expect(view.transaction()).toEqual(value);
        expect(view.bytes).toEqual(encode(Transaction, value));
        expect(view.txid()).toEqual(txid(value));
        expect(view.wtxid()).toEqual(wtxid(value));
        expect(view.strippedBytes()).toEqual(strippedBytes(value));
        expect([view.size, view.strippedSize, view.weight, view.hasWitness]).toEqual([
          Transaction.size(value),
          strippedSize(value),
          weight(value),
          hasWitness(value),
        ]);
      })
    );
  });

  test('blocks: a view gives what its transactions give', () => {
    fc.assert(
      fc.property(block, (value) => {
        const view = BlockView.of(value.bytes);
        const all = Array.from({ length: view.transactionCount }, (_, i) => view.transaction(i));
        expect(view.transactions()).toEqual(all);
        expect(all.map((t) => txid(t, nativeSha256d))).toEqual(view.txids(nativeSha256d));
        expect(all.map((t) => wtxid(t, nativeSha256d))).toEqual(
          all.map((_, i) => view.wtxid(i, nativeSha256d))
        );
        expect(all.map(hasWitness)).toEqual(all.map((_, i) => view.hasWitness(i)));
        expect(all.map((t) => encode(Transaction, t))).toEqual(
          all.map((_, i) => view.transactionBytes(i))
        );
        const parts = [view.bytes.subarray(0, 81), ...all.map(strippedBytes)];
        expect(view.strippedBytes()).toEqual(concat(parts));
        expect(view.strippedSize).toBe(view.strippedBytes().length);
        expect(view.weight).toBe(3 * view.strippedSize + view.size);
        for (const index of [-1, view.transactionCount, NaN]) {
          expect(() => view.transactionBytes(index)).toThrow(RangeError);
        }
      })
    );
  });
});

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

/** A stream: whole frames, and now and then one that is damaged in some byte, or cut. */
const stream: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.record({
      message,
      damage: sometimes(fc.record({ at: fc.nat(), xor: fc.integer({ min: 1, max: 255 }) })),
      cut: sometimes(fc.nat()),
    }),
    { minLength: 1, maxLength: 6 }
  )
  .map((frames) =>
    concat(
      frames.map(({ message, damage, cut }) => {
        const bytes = v1Frame(regtest.magic, message, nativeSha256d);
        if (damage !== null) bytes[damage.at % bytes.length]! ^= damage.xor;
        return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
      })
    )
  );

describe('any chunking of a stream gives the same events', () => {
  /** The events of a stream that is cut at `cuts`; each chunk is overwritten when it has been taken. */
  function eventsOf(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
    const transport = new V1Transport({ magic: regtest.magic, sha256d: nativeSha256d });
    const events: unknown[] = [];
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      const chunk = bytes.slice(from, to);
      transport.receive(chunk);
      for (let event = transport.poll(); event !== undefined; event = transport.poll()) {
        events.push(kept(event));
      }
      chunk.fill(0xee);
      from = to;
    }
    return events;
  }

  /** An event that borrows from nothing. */
  function kept(event: TransportEvent): unknown {
    if (event.type !== 'message' && event.type !== 'undecodable') return event;
    const payload = event.payload.slice();
    if (event.type === 'undecodable') return { ...event, payload };
    const { message } = event;
    return { ...event, type: messageTypeOf(message), message: encodeMessage(message), payload };
  }

  test('cut anywhere', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 30 }), (bytes, cuts) => {
        const sorted = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
        expect(eventsOf(bytes, sorted)).toEqual(eventsOf(bytes, []));
      }),
      { numRuns: 300 }
    );
  });

  test('byte by byte', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const everywhere = Array.from({ length: bytes.length }, (_, i) => i);
        expect(eventsOf(bytes, everywhere)).toEqual(eventsOf(bytes, []));
      }),
      { numRuns: 200 }
    );
  });

  test('undamaged frames all come out, in order', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (all) => {
        const bytes = concat(all.map((one) => v1Frame(regtest.magic, one, nativeSha256d)));
        const expected = all.map((one) => ({
          type: messageTypeOf(one),
          message: encodeMessage(one),
          size: 24 + payloadSize(one),
          payload: encodeMessage(one),
        }));
        expect(eventsOf(bytes, [])).toEqual(expected);
      }),
      { numRuns: 200 }
    );
  });
});

test('no bytes make a codec throw anything but DecodeError', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TYPES), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
      try {
        expect(decodeMessage(type, bytes).type).toBe(type);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 5_000 }
  );
});

test('decoding a block wants all of its bytes, and no more', () => {
  fc.assert(
    fc.property(block, fc.uint8Array({ minLength: 1, maxLength: 3 }), (value, more) => {
      expect(() => BlockView.of(concat([value.bytes, more]))).toThrow('trailing-bytes');
      expect(() => BlockView.of(value.bytes.subarray(0, -1))).toThrow('truncated');
      expect(() => decode(Transaction, more)).toThrow('truncated');
    })
  );
});
