import { describe, expect, test } from '@jest/globals';
import { Transaction, type TxIn, type TxOut, Writer } from '@btcp2p/wire';
import * as fc from 'fast-check';
import {
  decodeScriptNumber, encodeScriptNumber, evalScript, findAndDelete, legacySignatureHash,
  legacySigOpCount, noSignatureChecker, operationEnd, PrecomputedTransaction, scriptErrors,
  taprootSignatureHash, TransactionSignatureChecker, verifyScript, witnessV0SignatureHash,
} from '../src/index.ts';
import { concat, fastHashes, fastVerifier } from './support.ts';

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const fixed = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** Scripts that get further than random bytes: small pushes and opcodes that exist. */
const script = fc.oneof(
  bytes(60),
  fc.array(fc.oneof(
    fc.integer({ min: 0x4f, max: 0xba }).map((opcode) => Uint8Array.of(opcode)),
    fc.integer({ min: 0x4f, max: 0x60 }).map((opcode) => Uint8Array.of(opcode)),
    bytes(5).map((data) => Uint8Array.of(data.length, ...data)),
    fixed(33).map((data) => Uint8Array.of(33, 2, ...data.subarray(1))),
  ), { maxLength: 40 }).map((parts) => concat(...parts)),
);

const txOut: fc.Arbitrary<TxOut> = fc.record({
  value: fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), scriptPubKey: script,
});
const txIn: fc.Arbitrary<TxIn> = fc.record({
  prevout: fc.record({ txid: fixed(32), index: u32 }),
  scriptSig: bytes(10), sequence: u32, witness: fc.constant([]),
});

/** A transaction with what it spends, and one of its inputs. */
const spending = fc.record({
  transaction: fc.record({
    version: u32,
    inputs: fc.array(txIn, { minLength: 1, maxLength: 4 }),
    outputs: fc.array(txOut, { maxLength: 4 }),
    lockTime: u32,
  }),
  spent: fc.array(txOut, { minLength: 4, maxLength: 4 }),
  input: fc.nat(),
}).map(({ transaction, spent, input }) => {
  const count = transaction.inputs.length;
  return { transaction, spent: spent.slice(0, count), inputIndex: input % count };
});

describe('any bytes', () => {
  const flags = fc.integer({ min: 0, max: 0x1f_ffff });

  test('as scripts and witnesses have an outcome, and never throw', () => {
    const program = fc.tuple(fc.constantFrom(0, 0x51, 0x52, 0x60), fc.constantFrom(2, 20, 32, 40))
      .chain(([version, size]) => fixed(size).map((data) => Uint8Array.of(version, size, ...data)));
    fc.assert(fc.property(
      script, fc.oneof(script, program), fc.array(fc.oneof(bytes(80), script), { maxLength: 5 }), flags,
      spending,
      (scriptSig, scriptPubKey, witness, set, { transaction, spent, inputIndex }) => {
        const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
        const checker = new TransactionSignatureChecker(precomputed, inputIndex, fastVerifier);
        const error = verifyScript(scriptSig, scriptPubKey, witness, set, checker);
        expect(scriptErrors).toContain(error);
      },
    ), { numRuns: 3_000 });
  });

  test('as tapscript, which has no limit of opcodes', () => {
    fc.assert(fc.property(fc.array(bytes(5), { maxLength: 6 }), script, flags, (stack, code, set) => {
      expect(scriptErrors).toContain(evalScript(stack, code, set, noSignatureChecker, 'TAPSCRIPT'));
      expect(stack.every((element) => element instanceof Uint8Array)).toBe(true);
    }), { numRuns: 3_000 });
  });
});

describe('numbers', () => {
  test('of up to 5 bytes come back', () => {
    fc.assert(fc.property(fc.integer({ min: -(2 ** 39) + 1, max: 2 ** 39 - 1 }), (value) => {
      const encoded = encodeScriptNumber(value);
      expect(decodeScriptNumber(encoded, true, 5)).toBe(value);
    }));
  });

  /** As CScriptNum of Core's script.h is described: little-endian, the sign in the highest bit. */
  function naive(encoded: Uint8Array): bigint {
    const hex = [...encoded].toReversed().map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const raw = BigInt(`0x${hex === '' ? '0' : hex}`);
    const sign = encoded.length === 0 ? 0n : 1n << BigInt(encoded.length * 8 - 1);
    return (raw & sign) === 0n ? raw : -(raw - sign);
  }

  test('any bytes agree with a naive reader, and minimal ones are those that are written', () => {
    fc.assert(fc.property(bytes(6), (encoded) => {
      const value = decodeScriptNumber(encoded, false, 5);
      expect(value).toBe(encoded.length > 5 ? NaN : Number(naive(encoded)));
      const minimal = decodeScriptNumber(encoded, true, 5);
      const isShortest = !Number.isNaN(value) &&
        Buffer.compare(Buffer.from(encodeScriptNumber(value)), Buffer.from(encoded)) === 0;
      expect(minimal).toBe(isShortest ? value : NaN);
    }));
  });
});

describe('findAndDelete', () => {
  /** The operations of a script, and what is left behind the last whole one. */
  function operations(code: Uint8Array): number[][] {
    const found: number[][] = [];
    let at = 0;
    while (at < code.length) {
      const end = operationEnd(code, at);
      if (end < 0) break;
      found.push([...code.subarray(at, end)]);
      at = end;
    }
    return [...found, [...code.subarray(at)]];
  }

  test('of one whole operation is a filter of operations', () => {
    const push = fc.integer({ min: 0, max: 3 }).chain((size) => fixed(size)
      .map((data) => Uint8Array.of(size, ...data.map((byte) => byte & 1))));
    fc.assert(fc.property(fc.array(push), push, bytes(2), (pushes, pattern, tail) => {
      // The tail is a push of 80 bytes that runs past the end.
      const code = concat(...pushes, Uint8Array.of(0x4c, 80, ...tail));
      const kept = operations(code).filter((operation) => operation.join() !== [...pattern].join());
      expect([...findAndDelete(code, pattern)]).toEqual(kept.flat());
    }));
  });

  test('gives the script itself back where nothing is found', () => {
    fc.assert(fc.property(script, bytes(8), (code, pattern) => {
      const found = findAndDelete(code, pattern);
      if (found.length === code.length) expect(found).toBe(code);
      else expect((code.length - found.length) % pattern.length).toBe(0);
    }));
  });
});

test('signature operations are counted as a naive reader counts them', () => {
  fc.assert(fc.property(script, fc.boolean(), (code, accurate) => {
    let count = 0;
    let before = 0;
    for (let at = 0; at < code.length; ) {
      const end = operationEnd(code, at);
      if (end < 0) break;
      const opcode = code[at]!;
      if (opcode === 0xac || opcode === 0xad) count += 1;
      if (opcode === 0xae || opcode === 0xaf) {
        count += accurate && before > 0x50 && before <= 0x60 ? before - 0x50 : 20;
      }
      before = opcode;
      at = end;
    }
    expect(legacySigOpCount(code, accurate)).toBe(count);
  }));
});

describe('signature hashes against models that write everything out', () => {
  const hash2 = (...parts: Uint8Array[]): Uint8Array => fastHashes.sha256d(concat(...parts));
  const hash1 = (...parts: Uint8Array[]): Uint8Array => fastHashes.sha256(concat(...parts));
  const u32le = (value: number): Uint8Array => {
    const out = new Uint8Array(4);
    new Writer(out).u32(value);
    return out;
  };
  const i64le = (value: bigint): Uint8Array => {
    const out = new Uint8Array(8);
    new Writer(out).i64(value);
    return out;
  };
  const varBytes = (data: Uint8Array): Uint8Array => Uint8Array.of(data.length, ...data);
  const outpoint = ({ prevout }: TxIn): Uint8Array => concat(prevout.txid, u32le(prevout.index));
  const output = ({ value, scriptPubKey }: TxOut): Uint8Array =>
    concat(i64le(value), varBytes(scriptPubKey));
  const shortCode = fc.array(fc.constantFrom(0x51, 0xab, 0xac, 0x63), { maxLength: 30 })
    .map((opcodes) => Uint8Array.from(opcodes));

  test('legacy: a transaction is made and serialised', () => {
    fc.assert(fc.property(spending, shortCode, fc.integer(), (one, code, hashType) => {
      const { transaction, spent, inputIndex } = one;
      const base = hashType & 0x1f;
      if (base === 3 && inputIndex >= transaction.outputs.length) return;
      const stripped = code.filter((opcode) => opcode !== 0xab);
      const inputs = transaction.inputs.map((input, i) => ({
        ...input,
        scriptSig: i === inputIndex ? stripped : new Uint8Array(0),
        sequence: i !== inputIndex && (base === 2 || base === 3) ? 0 : input.sequence,
      }));
      const blank = { value: -1n, scriptPubKey: new Uint8Array(0) };
      const outputs = base === 2 ? []
        : base === 3 ? [...Array.from({ length: inputIndex }, () => blank), transaction.outputs[inputIndex]!]
        : transaction.outputs;
      const changed: Transaction = {
        ...transaction, outputs, inputs: hashType & 0x80 ? [inputs[inputIndex]!] : inputs,
      };
      const encoded = new Uint8Array(Transaction.size(changed));
      Transaction.write(new Writer(encoded), changed);
      const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
      expect(legacySignatureHash(precomputed, inputIndex, code, hashType))
        .toEqual(hash2(encoded, u32le(hashType)));
    }));
  });

  test('witness v0: the ten items of BIP 143', () => {
    fc.assert(fc.property(spending, shortCode, fc.nat(255), (one, code, hashType) => {
      const { transaction: { version, inputs, outputs, lockTime }, spent, inputIndex } = one;
      const zeros = new Uint8Array(32);
      const input = inputs[inputIndex]!;
      const base = hashType & 0x1f;
      const anyone = (hashType & 0x80) !== 0;
      const open = base === 2 || base === 3;
      const own = outputs[inputIndex];
      const precomputed = PrecomputedTransaction.of(one.transaction, spent, fastHashes);
      expect(witnessV0SignatureHash(precomputed, inputIndex, code, hashType)).toEqual(hash2(
        u32le(version),
        anyone ? zeros : hash2(...inputs.map(outpoint)),
        anyone || open ? zeros : hash2(...inputs.map(({ sequence }) => u32le(sequence))),
        outpoint(input), varBytes(code), i64le(spent[inputIndex]!.value), u32le(input.sequence),
        !open ? hash2(...outputs.map(output)) : base === 3 && own !== undefined ? hash2(output(own)) : zeros,
        u32le(lockTime), u32le(hashType),
      ));
    }));
  });

  test('taproot: the message of BIP 341 and its extension', () => {
    const context = fc.record({
      annexHash: fc.option(fixed(32), { nil: undefined }),
      tapleafHash: fc.option(fixed(32), { nil: undefined }),
      codeSeparatorPosition: u32,
    });
    const types = fc.oneof(fc.constantFrom(0, 1, 2, 3, 0x81, 0x82, 0x83), fc.nat(255));
    fc.assert(fc.property(spending, context, types, (one, known, hashType) => {
      const { transaction: { version, inputs, outputs, lockTime }, spent, inputIndex } = one;
      const precomputed = PrecomputedTransaction.of(one.transaction, spent, fastHashes);
      const hash = taprootSignatureHash(precomputed, inputIndex, hashType, known);
      const own = outputs[inputIndex];
      const outputType = hashType & 3;
      const isKnown = [0, 1, 2, 3, 0x81, 0x82, 0x83].includes(hashType);
      if (!isKnown || (outputType === 3 && own === undefined)) return expect(hash).toBeUndefined();
      const tag = hash1(Buffer.from('TapSighash'));
      const input = inputs[inputIndex]!;
      const { annexHash, tapleafHash, codeSeparatorPosition } = known;
      const parts = [tag, tag, Uint8Array.of(0, hashType), u32le(version), u32le(lockTime)];
      if (hashType < 0x80) {
        parts.push(
          hash1(...inputs.map(outpoint)), hash1(...spent.map(({ value }) => i64le(value))),
          hash1(...spent.map(({ scriptPubKey }) => varBytes(scriptPubKey))),
          hash1(...inputs.map(({ sequence }) => u32le(sequence))),
        );
      }
      if (outputType < 2) parts.push(hash1(...outputs.map(output)));
      parts.push(Uint8Array.of((tapleafHash ? 2 : 0) + (annexHash ? 1 : 0)));
      if (hashType < 0x80) parts.push(u32le(inputIndex));
      else parts.push(outpoint(input), output(spent[inputIndex]!), u32le(input.sequence));
      if (annexHash) parts.push(annexHash);
      if (outputType === 3) parts.push(hash1(output(own!)));
      if (tapleafHash) parts.push(tapleafHash, Uint8Array.of(0), u32le(codeSeparatorPosition));
      return expect(hash).toEqual(hash1(...parts));
    }));
  });

  test('a multisig gets the same hash however often it asks', () => {
    fc.assert(fc.property(spending, shortCode, shortCode, ({ transaction, spent, inputIndex }, a, b) => {
      const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
      const asked: Uint8Array[] = [];
      const checker = new TransactionSignatureChecker(precomputed, inputIndex, {
        ...fastVerifier, verifyEcdsa: (_, hash) => asked.push(hash.slice()) < 0,
      });
      const key = Uint8Array.of(2, ...new Uint8Array(32).fill(1));
      for (const [code, type] of [[a, 1], [a, 1], [b, 1], [a, 2], [a, 1]] as const) {
        const signature = Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1, type);
        expect(checker.checkEcdsaSignature(signature, key, code, 'BASE')).toBe(false);
      }
      expect(asked).toEqual([[a, 1], [a, 1], [b, 1], [a, 2], [a, 1]].map(([code, type]) =>
        legacySignatureHash(precomputed, inputIndex, code as Uint8Array, type as number)));
    }));
  });
});
