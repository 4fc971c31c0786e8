import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { describeWithData, fromHex, jsonFile } from '@btcp2p/testdata';
import { decode, encode, Transaction, type TxIn } from '@btcp2p/wire';
import {
  checkTransaction,
  isFinalTransaction,
  legacySigOpCount,
  MAX_MONEY,
  type TransactionRejectReason,
} from '../src/index.ts';
import { inspectTransaction } from '../src/check-transaction.ts';
import { isFinal } from '../src/lock-time.ts';
import { isCoinbase } from '../src/transaction-scan.ts';
import { coinbase, spend } from './support.ts';

const output = (value: bigint): { value: bigint; scriptPubKey: Uint8Array } => ({
  value,
  scriptPubKey: new Uint8Array(0),
});

describe('a transaction by itself', () => {
  test('in order', () => {
    expect(checkTransaction(spend([1]))).toBeUndefined();
    expect(checkTransaction(coinbase([1, 2]))).toBeUndefined();
    expect(checkTransaction(spend([1], { outputs: [output(MAX_MONEY)] }))).toBeUndefined();
    expect(
      checkTransaction(spend([1], { outputs: [output(0n), output(MAX_MONEY)] })),
    ).toBeUndefined();
  });

  test.each<[TransactionRejectReason, Transaction]>([
    ['bad-txns-vin-empty', spend([])],
    ['bad-txns-vin-empty', spend([], { outputs: [] })],
    ['bad-txns-vout-empty', spend([1], { outputs: [] })],
    ['bad-txns-vout-negative', spend([1], { outputs: [output(-1n)] })],
    ['bad-txns-vout-negative', spend([1], { outputs: [output(-(2n ** 63n))] })],
    ['bad-txns-vout-toolarge', spend([1], { outputs: [output(MAX_MONEY + 1n)] })],
    ['bad-txns-vout-toolarge', spend([1], { outputs: [output(2n ** 63n - 1n)] })],
    ['bad-txns-txouttotal-toolarge', spend([1], { outputs: [output(MAX_MONEY), output(1n)] })],
    ['bad-txns-inputs-duplicate', spend([1, 1])],
    ['bad-txns-inputs-duplicate', spend([1, 2, 3, 1])],
    ['bad-cb-length', coinbase([1])],
    ['bad-cb-length', coinbase(Array<number>(101).fill(1))],
    [
      'bad-txns-prevout-null',
      { ...spend([1, 2]), inputs: [...spend([1]).inputs, ...coinbase([1, 2]).inputs] },
    ],
    // Two faults: the first in Core's order.
    ['bad-txns-vout-negative', spend([1, 1], { outputs: [output(MAX_MONEY), output(-1n)] })],
    [
      'bad-txns-inputs-duplicate',
      { ...spend([]), inputs: [...coinbase([1]).inputs, ...coinbase([1]).inputs] },
    ],
  ])('%s', (reason, transaction) => {
    expect(checkTransaction(transaction)).toBe(reason);
  });

  test('bad-txns-oversize: above a million bytes without witness', () => {
    const sized = (length: number): Transaction => {
      return spend([1], {}, { scriptSig: new Uint8Array(length) });
    };
    const spare = encode(Transaction, sized(70_000)).length - 70_000;
    expect(checkTransaction(sized(1_000_000 - spare))).toBeUndefined();
    expect(checkTransaction(sized(1_000_001 - spare))).toBe('bad-txns-oversize');
    // Witnesses do not count.
    const heavy = sized(1_000_000 - spare);
    const inputs = heavy.inputs.map((input) => ({ ...input, witness: [new Uint8Array(100)] }));
    expect(checkTransaction({ ...heavy, inputs })).toBeUndefined();
  });

  test('finds a duplicate among any number of inputs, and none where there is none', () => {
    const outpoint = fc.record({
      txid: fc.oneof(
        fc.constantFrom(1, 2).map((byte) => new Uint8Array(32).fill(byte)),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        // Equal in the first bytes, which the sorting key is made of.
        fc.integer({ min: 0, max: 255 }).map((byte) => new Uint8Array(32).fill(byte, 31)),
      ),
      index: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffffffff })),
    });
    fc.assert(
      fc.property(fc.array(outpoint, { minLength: 1, maxLength: 30 }), (prevouts) => {
        const [input] = spend([1]).inputs;
        const transaction = spend([], {
          inputs: prevouts.map((prevout) => ({ ...input!, prevout })),
        });
        const names = prevouts.map(({ txid, index }) => `${txid.join()}:${index}`);
        const isNull = ({ txid, index }: (typeof prevouts)[number]): boolean =>
          index === 0xffffffff && txid.every((byte) => byte === 0);
        fc.pre(!prevouts.some(isNull));
        const expected =
          new Set(names).size < names.length ? 'bad-txns-inputs-duplicate' : undefined;
        expect(checkTransaction(transaction)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('thousands of inputs, all of which have the same sorting key', () => {
    const [input] = spend([1]).inputs;
    const inputs = Array.from({ length: 20_000 }, (_, i) => {
      const txid = new Uint8Array(32);
      // Only bytes that the sorting key leaves out differ.
      new DataView(txid.buffer).setUint32(8, i);
      return { ...input!, prevout: { txid, index: 0 } };
    });
    expect(checkTransaction(spend([], { inputs }))).toBeUndefined();
    expect(checkTransaction(spend([], { inputs: [...inputs, inputs[0]!] }))).toBe(
      'bad-txns-inputs-duplicate',
    );
  });

  test('is checked the same with its witnesses', () => {
    const witness = [Uint8Array.of(1, 2, 3)];
    for (const transaction of [
      spend([1]),
      spend([1, 1]),
      coinbase([1]),
      spend([1], { outputs: [] }),
    ]) {
      const inputs = transaction.inputs.map((input) => ({ ...input, witness }));
      const bytes = encode(Transaction, { ...transaction, inputs });
      expect(bytes[4]).toBe(0);
      expect(inspectTransaction(bytes).reason).toBe(checkTransaction(transaction));
      expect(isCoinbase(bytes)).toBe(isCoinbase(encode(Transaction, transaction)));
    }
  });

  test('the 10 bytes of an empty one', () => {
    // Its lock time is no number of inputs.
    const bytes = encode(Transaction, spend([], { outputs: [], lockTime: 7 }));
    expect(bytes.length).toBe(10);
    expect(inspectTransaction(bytes)).toEqual({ reason: 'bad-txns-vin-empty', sigOps: 0 });
    expect(isCoinbase(bytes)).toBe(false);
    expect(isFinal(bytes, 0, 0)).toBe(true);
  });
});

describe('a coinbase', () => {
  const isOne = (transaction: Transaction): boolean => isCoinbase(encode(Transaction, transaction));

  test('has one input, of no output', () => {
    expect(isOne(coinbase([1, 2]))).toBe(true);
    expect(isOne(spend([0]))).toBe(false);
    const [input] = coinbase([1, 2]).inputs;
    const almost = { txid: new Uint8Array(32).fill(1, 31), index: 0xffffffff };
    expect(isOne(spend([], { inputs: [{ ...input!, prevout: almost }] }))).toBe(false);
    expect(isOne(spend([], { inputs: [input!, input!] }))).toBe(false);
  });
});

describe('legacy signature operations', () => {
  test.each([
    [[], 0],
    [[0xac], 1],
    [[0xad, 0xac], 2],
    [[0xae], 20],
    [[0x52, 0xaf], 20],
    // In pushed data they are none.
    [[0x02, 0xac, 0xac, 0xac], 1],
    [[0x4c, 0x02, 0xac, 0xac, 0xac], 1],
    [[0x4d, 0x02, 0x00, 0xac, 0xac, 0xac], 1],
    [[0x4e, 0x02, 0x00, 0x00, 0x00, 0xac, 0xac, 0xac], 1],
    // After a push that does not end, nothing counts.
    [[0xac, 0x4b, 0xac], 1],
    [[0xac, 0x4c], 1],
    [[0xac, 0x4d, 0xac], 1],
    [[0xac, 0x4e, 0xac, 0xac, 0xac], 1],
    [[0xac, 0x4e, 0xff, 0xff, 0xff, 0xff, 0xac], 1],
    [[0x4f, 0xac, 0x50, 0xac, 0xff, 0xac], 3],
  ])('of %j', (script, count) => {
    expect(legacySigOpCount(Uint8Array.from(script))).toBe(count);
  });

  test('of a transaction are those of all its scripts', () => {
    const [input] = spend([1]).inputs;
    const inputs = [{ ...input!, scriptSig: Uint8Array.of(0xac, 0x51) }];
    const outputs = [0xad, 0xae, 0x51].map((opcode) => ({
      value: 0n,
      scriptPubKey: Uint8Array.of(opcode),
    }));
    expect(inspectTransaction(encode(Transaction, spend([1], { inputs, outputs }))).sigOps).toBe(
      22,
    );
  });
});

describe('lock times', () => {
  /** Of a transaction with two inputs, the first one final. */
  const final = (lockTime: number, height: number, time: number, sequence = 0): boolean => {
    const transaction = (input: Partial<TxIn>): Transaction => {
      const inputs = [
        ...spend([1], {}, input).inputs,
        ...spend([2], {}, { ...input, sequence }).inputs,
      ];
      return spend([], { inputs, lockTime });
    };
    const answer = isFinalTransaction(transaction({}), height, time);
    for (const witness of [[], [Uint8Array.of(1)]]) {
      const bytes = encode(Transaction, transaction({ witness }));
      expect(isFinal(bytes, height, time)).toBe(answer);
    }
    return answer;
  };

  test('0 is none', () => expect(final(0, 0, 0)).toBe(true));

  test('below 500,000,000 they are heights: the block after that one', () => {
    expect(final(100, 100, 2_000_000_000)).toBe(false);
    expect(final(100, 101, 0)).toBe(true);
    expect(final(499_999_999, 499_999_999, 2_000_000_000)).toBe(false);
  });

  test('from 500,000,000 on they are seconds', () => {
    expect(final(500_000_000, 800_000, 500_000_000)).toBe(false);
    expect(final(500_000_000, 0, 500_000_001)).toBe(true);
    expect(final(0xffffffff, 0, 0xfffffffe)).toBe(false);
  });

  test('final sequence numbers, all of them, switch them off', () => {
    expect(final(100, 100, 0, 0xffffffff)).toBe(true);
    expect(final(100, 100, 0, 0xfffffffe)).toBe(false);
  });
});

describeWithData('Core’s transaction vectors', () => {
  type Vector = [string] | [unknown, string, string];
  const transactionsOf = (name: string, wanted: (flags: string) => boolean): Transaction[] =>
    jsonFile<Vector[]>(`vectors/core/${name}.json`).flatMap((vector) =>
      vector.length === 3 && wanted(vector[2]) ? [decode(Transaction, fromHex(vector[1]))] : [],
    );

  test('all of tx_valid.json pass', () => {
    const transactions = transactionsOf('tx_valid', () => true);
    expect(transactions.length).toBeGreaterThan(100);
    for (const transaction of transactions) expect(checkTransaction(transaction)).toBeUndefined();
  });

  test('those of tx_invalid.json that are marked BADTX fail, the others do not', () => {
    const bad = transactionsOf('tx_invalid', (flags) => flags === 'BADTX');
    expect(bad.map(checkTransaction)).toEqual([
      'bad-txns-vout-empty',
      'bad-txns-vout-negative',
      'bad-txns-vout-toolarge',
      'bad-txns-txouttotal-toolarge',
      'bad-txns-inputs-duplicate',
      'bad-cb-length',
      'bad-cb-length',
      'bad-txns-prevout-null',
      'bad-txns-prevout-null',
    ]);
    for (const transaction of transactionsOf('tx_invalid', (flags) => flags !== 'BADTX')) {
      expect(checkTransaction(transaction)).toBeUndefined();
    }
  });
});
