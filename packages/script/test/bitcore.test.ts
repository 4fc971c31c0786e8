import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { toHex, TransactionView, type Transaction, type TxOut } from '@btcp2p/wire';
import * as tiny from 'tiny-secp256k1';
import {
  evalScript, legacySignatureHash, normalizeS, noSignatureChecker, PrecomputedTransaction, pushOf,
  ScriptVerifyFlags, tapleafHash, taprootSignatureHash, tapTweakHash, verifyInput, witnessV0SignatureHash,
} from '../src/index.ts';
import * as op from '../src/opcodes.ts';
import { concat, fastHashes, fastVerifier, pushNumber, seeded } from './support.ts';

// The same random scripts and spendings, by this interpreter and by that of bitcore-lib 11.5.1, which
// was translated from Core by others. Left out is where bitcore-lib is known to differ from Core: it
// refuses scripts before tapscript that have undefined opcodes in branches that are not taken,
// signatures of before BIP 66, hybrid keys, CLEANSTACK outside of P2SH, and CONST_SCRIPTCODE where the
// signature is empty and the script has an OP_0.

/** The part of bitcore-lib that is used here. It has no types of its own. */
interface Bitcore {
  readonly PublicKey: { fromBuffer(bytes: Buffer, strict: boolean): object };
  readonly Script: {
    new (bytes: Buffer): object;
    readonly Interpreter: {
      new (): {
        verify(
          scriptSig: object, scriptPubKey: object, transaction: object, input: number, flags: number,
          witness: Buffer[], satoshis: number,
        ): boolean;
      };
      verifyTaprootCommitment(control: Buffer, program: Buffer, leafHash: Buffer): boolean;
    };
  };
  readonly Transaction: {
    new (): { fromBuffer(bytes: Buffer): { inputs: { output: object }[] } };
    readonly Output: new (fields: { satoshis: number; script: object }) => object;
  };
}

const load = createRequire(import.meta.url);
const bitcore = load('bitcore-lib') as Bitcore;

// Its own arithmetic takes 0.3 s a signature, and 10 ms a key. What is hashed, and how scripts run,
// stays its own.
interface Scalar {
  toBuffer(options: { size: number }): Buffer;
}
const ecdsa = load('bitcore-lib/lib/crypto/ecdsa.js') as {
  verify(
    hash: Buffer, signature: { r: Scalar; s: Scalar }, publicKey: { toBuffer(): Buffer },
    options?: { endian: 'little' },
  ): boolean;
};
const parseKey = bitcore.PublicKey.fromBuffer;
const keys = new Map<string, object>();
bitcore.PublicKey.fromBuffer = (bytes, strict) => {
  const id = `${Buffer.from(bytes).toString('hex')}${strict}`;
  const key = keys.get(id) ?? parseKey.call(bitcore.PublicKey, bytes, strict);
  keys.set(id, key);
  return key;
};
ecdsa.verify = (hash, { r, s }, publicKey, options) => {
  const compact = concat(r.toBuffer({ size: 32 }), s.toBuffer({ size: 32 }));
  normalizeS(compact);
  const message = options === undefined ? hash : Uint8Array.from(hash).toReversed();
  return fastVerifier.verifyEcdsa(compact, message, publicKey.toBuffer());
};
const schnorr = load('bitcore-lib/lib/crypto/schnorr.js') as {
  verify(publicKey: Buffer, message: Buffer, signature: { toBuffer(): Buffer }): boolean;
};
schnorr.verify = (publicKey, message, signature) =>
  fastVerifier.verifySchnorr(signature.toBuffer().subarray(0, 64), message, publicKey);
bitcore.Script.Interpreter.verifyTaprootCommitment = (control, program, leafHash) => {
  const internal = control.subarray(1, 33);
  const tweak = tapTweakHash(internal, leafHash);
  return fastVerifier.checkTapTweak(internal, tweak, program, control[0]! & 1 ? 1 : 0);
};
const F = ScriptVerifyFlags;

/** How many times as many rounds to run, for a long search. */
const LONGER = Number(process.env['BTCP2P_LONGER'] ?? 1);

type Random = (limit: number) => number;

function bitcoreAccepts(
  transaction: Transaction, spent: readonly TxOut[], input: number, flags: number,
): boolean {
  try {
    const parsed = new bitcore.Transaction().fromBuffer(Buffer.from(TransactionView.from(transaction).bytes));
    for (const [i, { value, scriptPubKey }] of spent.entries()) {
      const script = new bitcore.Script(Buffer.from(scriptPubKey));
      parsed.inputs[i]!.output = new bitcore.Transaction.Output({ satoshis: Number(value), script });
    }
    const { scriptSig, witness } = transaction.inputs[input]!;
    return new bitcore.Script.Interpreter().verify(
      new bitcore.Script(Buffer.from(scriptSig)), new bitcore.Script(Buffer.from(spent[input]!.scriptPubKey)),
      parsed, input, flags, witness.map((item) => Buffer.from(item)), Number(spent[input]!.value),
    );
  } catch {
    // It throws where bytes are not a script, a key or a signature.
    return false;
  }
}

/** Runs both, and gives the common verdict. */
function bothAccept(
  transaction: Transaction, spent: readonly TxOut[], input: number, flags: number,
): boolean {
  const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
  const error = verifyInput(precomputed, input, flags, fastVerifier);
  const accepted = bitcoreAccepts(transaction, spent, input, flags);
  if (accepted === (error === 'OK')) return accepted;
  const { scriptSig, witness } = transaction.inputs[input]!;
  const hex = [scriptSig, spent[input]!.scriptPubKey, ...witness].map(toHex);
  throw new Error(`${error}, bitcore-lib ${accepted}: flags ${flags}, ${hex.join(' | ')}`);
}

const SECRETS = [1, 2, 3].map((last) => Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? last : 7)));
const KEYS = SECRETS.map((secret) => tiny.pointFromScalar(secret, true)!);
const INTERNAL = tiny.xOnlyPointFromScalar(SECRETS[0]!);

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/** One to three inputs and up to three outputs. */
function randomTransaction(random: Random): { transaction: Transaction; input: number } {
  const inputs = Array.from({ length: 1 + random(3) }, () => ({
    prevout: { txid: randomBytes(random, 32), index: random(9) },
    scriptSig: new Uint8Array(0), sequence: random(2) ? 0xffff_ffff : random(20), witness: [],
  }));
  const outputs = Array.from({ length: 1 + random(3) }, () => ({
    value: BigInt(random(1_000_000)), scriptPubKey: pushOf(randomBytes(random, random(4))),
  }));
  const transaction = { version: 1 + random(2), inputs, outputs, lockTime: random(20) };
  return { transaction, input: random(inputs.length) };
}

function withInput(
  transaction: Transaction, input: number, scriptSig: Uint8Array, witness: readonly Uint8Array[],
): Transaction {
  const inputs = transaction.inputs.map((own, i) => (i === input ? { ...own, scriptSig, witness } : own));
  return { ...transaction, inputs };
}

function spentBy(transaction: Transaction, input: number, scriptPubKey: Uint8Array): TxOut[] {
  return transaction.inputs.map((_, i) => ({
    value: BigInt(i + 1), scriptPubKey: i === input ? scriptPubKey : Uint8Array.of(0x51),
  }));
}

/** The ways in which an output can hold a script. */
type Wrapping = 'bare' | 'p2sh' | 'p2wsh' | 'p2sh-p2wsh' | 'tapscript';
const WRAPPINGS: readonly Wrapping[] = ['bare', 'p2sh', 'p2wsh', 'p2sh-p2wsh', 'tapscript'];

interface Wrapped {
  readonly scriptPubKey: Uint8Array;
  /** What the input has, if these elements are to be on the stack. */
  fill(elements: readonly Uint8Array[]): { scriptSig: Uint8Array; witness: readonly Uint8Array[] };
}

function wrap(script: Uint8Array, wrapping: Wrapping): Wrapped {
  const nothing = new Uint8Array(0);
  const hash160 = (bytes: Uint8Array): Uint8Array => fastHashes.ripemd160(fastHashes.sha256(bytes));
  const p2sh = (inner: Uint8Array): Uint8Array =>
    concat(Uint8Array.of(op.OP_HASH160), pushOf(hash160(inner)), Uint8Array.of(op.OP_EQUAL));
  const pushes = (elements: readonly Uint8Array[]): Uint8Array => concat(...elements.map(pushOf));
  const program = concat(Uint8Array.of(0, 32), fastHashes.sha256(script));
  switch (wrapping) {
    case 'bare':
      return { scriptPubKey: script, fill: (elements) => ({ scriptSig: pushes(elements), witness: [] }) };
    case 'p2sh':
      return {
        scriptPubKey: p2sh(script),
        fill: (elements) => ({ scriptSig: pushes([...elements, script]), witness: [] }),
      };
    case 'p2wsh':
      return {
        scriptPubKey: program,
        fill: (elements) => ({ scriptSig: nothing, witness: [...elements, script] }),
      };
    case 'p2sh-p2wsh':
      return {
        scriptPubKey: p2sh(program),
        fill: (elements) => ({ scriptSig: pushOf(program), witness: [...elements, script] }),
      };
    case 'tapscript': {
      const tweak = tapTweakHash(INTERNAL, tapleafHash(0xc0, script));
      const { parity, xOnlyPubkey } = tiny.xOnlyPointAddTweak(INTERNAL, tweak)!;
      const control = concat(Uint8Array.of(0xc0 | parity), INTERNAL);
      return {
        scriptPubKey: concat(Uint8Array.of(0x51, 32), xOnlyPubkey),
        fill: (elements) => ({ scriptSig: nothing, witness: [...elements, script, control] }),
      };
    }
  }
}

/** The opcodes that both know. */
const OPCODES = Array.from({ length: op.OP_NOP10 - op.OP_NOP }, (_, i) => op.OP_NOP + i)
  .filter((opcode) => !op.isOpSuccess(opcode));

/** And those of tapscript: bitcore-lib executes multisig there, which BIP 342 does not allow. */
const TAPSCRIPT_OPCODES = [...OPCODES, op.OP_CHECKSIGADD].filter((opcode) =>
  opcode !== op.OP_CHECKMULTISIG && opcode !== op.OP_CHECKMULTISIGVERIFY);

function randomElement(random: Random): Uint8Array {
  switch (random(4)) {
    case 0:
      return new Uint8Array(0);
    case 1:
      return Uint8Array.of(random(6));
    default:
      return randomBytes(random, random(6));
  }
}

/** The script, which then compares all that it leaves on the stack with what it left here. */
function comparing(script: Uint8Array, elements: readonly Uint8Array[], wrapping: Wrapping): Uint8Array {
  const version = wrapping === 'tapscript' ? 'TAPSCRIPT' : wrapping.endsWith('p2wsh') ? 'WITNESS_V0' : 'BASE';
  const stack = [...elements];
  evalScript(stack, script, FLAG_SETS[0]!, noSignatureChecker, version);
  const equal = Uint8Array.of(op.OP_EQUALVERIFY);
  const checks = stack.toReversed().map((element) => concat(pushOf(element), equal));
  return concat(script, ...checks, Uint8Array.of(op.OP_1));
}

function randomScript(random: Random, opcodes: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = random(14); i >= 0; i--) {
    switch (random(5)) {
      case 0:
        parts.push(pushOf(randomElement(random)));
        break;
      case 1:
        parts.push(pushNumber(random(8) - 1));
        break;
      case 2:
        parts.push(concat(Uint8Array.of(random(2) ? op.OP_IF : op.OP_NOTIF), pushNumber(random(5)),
          Uint8Array.of(op.OP_ELSE), pushNumber(random(5)), Uint8Array.of(op.OP_ENDIF)));
        break;
      default:
        parts.push(Uint8Array.of(opcodes[random(opcodes.length)]!));
    }
  }
  if (random(2)) parts.push(pushNumber(1));
  return concat(...parts);
}

const FLAG_SETS = [
  F.P2SH | F.WITNESS | F.TAPROOT | F.DERSIG | F.CHECKLOCKTIMEVERIFY | F.CHECKSEQUENCEVERIFY | F.NULLDUMMY,
  F.P2SH | F.WITNESS | F.TAPROOT,
  F.P2SH | F.WITNESS | F.TAPROOT | F.DERSIG | F.CHECKLOCKTIMEVERIFY | F.CHECKSEQUENCEVERIFY | F.NULLDUMMY |
    F.MINIMALDATA | F.MINIMALIF | F.NULLFAIL,
];

describe('random scripts have the verdict of bitcore-lib', () => {
  test.each(WRAPPINGS)('%s', (wrapping) => {
    const random = seeded(WRAPPINGS.indexOf(wrapping) + 100 * LONGER);
    let accepted = 0;
    const rounds = 1_500 * LONGER;
    for (let round = 0; round < rounds; round++) {
      const elements = Array.from({ length: random(5) }, () => randomElement(random));
      const script = randomScript(random, wrapping === 'tapscript' ? TAPSCRIPT_OPCODES : OPCODES);
      const whole = random(3) ? comparing(script, elements, wrapping) : script;
      const { scriptPubKey, fill } = wrap(whole, wrapping);
      const { transaction, input } = randomTransaction(random);
      const { scriptSig, witness } = fill(elements);
      const filled = withInput(transaction, input, scriptSig, witness);
      const flags = FLAG_SETS[random(FLAG_SETS.length)]!;
      if (bothAccept(filled, spentBy(transaction, input, scriptPubKey), input, flags)) accepted++;
    }
    // Both verdicts have to be common for this to mean something.
    expect(accepted).toBeGreaterThan(rounds / 20);
    expect(accepted).toBeLessThan(rounds * 0.9);
  });
});

/** An ECDSA signature in DER with its hash type. */
function ecdsaSignature(hash: Uint8Array, secret: Uint8Array, hashType: number): Uint8Array {
  const compact = tiny.sign(hash, secret);
  const integer = (bytes: Uint8Array): Uint8Array => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const rest = bytes.subarray(first);
    const value = rest[0]! >= 0x80 ? concat(Uint8Array.of(0), rest) : rest;
    return concat(Uint8Array.of(2, value.length), value);
  };
  const body = concat(integer(compact.subarray(0, 32)), integer(compact.subarray(32)));
  return concat(Uint8Array.of(0x30, body.length), body, Uint8Array.of(hashType));
}

const HASH_TYPES = [1, 2, 3, 0x81, 0x82, 0x83];

/** A script with signatures, where they start to cover it, and the keys that sign, in order. */
interface Signing {
  readonly script: Uint8Array;
  readonly codeStart: number;
  readonly signers: readonly number[];
  /** What the stack needs below the signatures. */
  readonly below: readonly Uint8Array[];
}

function randomSigning(random: Random, tapscript: boolean): Signing {
  const key = (i: number): Uint8Array => pushOf(tapscript ? KEYS[i]!.subarray(1) : KEYS[i]!);
  const separator = random(3) === 0;
  const front = separator ? Uint8Array.of(op.OP_NOP, op.OP_CODESEPARATOR) : new Uint8Array(0);
  const codeStart = front.length;
  if (random(2)) {
    const script = concat(front, key(0), Uint8Array.of(op.OP_CHECKSIG));
    return { script, codeStart, signers: [0], below: [] };
  }
  if (tapscript) {
    const script = concat(front, key(1), Uint8Array.of(op.OP_CHECKSIG), key(0),
      Uint8Array.of(op.OP_CHECKSIGADD, op.OP_1 + 1, op.OP_NUMEQUAL));
    return { script, codeStart, signers: [0, 1], below: [] };
  }
  const tail = Uint8Array.of(op.OP_1 + 2, op.OP_CHECKMULTISIG);
  const script = concat(front, pushNumber(2), key(0), key(1), key(2), tail);
  const signers = [[0, 1], [0, 2], [1, 2], [2, 0]][random(4)]!;
  return { script, codeStart, signers, below: [new Uint8Array(0)] };
}

function sign(
  precomputed: PrecomputedTransaction, input: number, signing: Signing, wrapping: Wrapping, random: Random,
): Uint8Array[] {
  const { script, codeStart, signers } = signing;
  const code = script.subarray(codeStart);
  return signers.map((signer) => {
    const type = HASH_TYPES[random(HASH_TYPES.length)]!;
    const secret = SECRETS[signer]!;
    if (wrapping === 'tapscript') {
      const hash = taprootSignatureHash(precomputed, input, type, {
        tapleafHash: tapleafHash(0xc0, script), codeSeparatorPosition: codeStart === 0 ? 0xffff_ffff : 1,
      });
      if (hash === undefined) return new Uint8Array(64);
      return concat(tiny.signSchnorr(hash, secret), Uint8Array.of(type));
    }
    const isWitness = wrapping === 'p2wsh' || wrapping === 'p2sh-p2wsh';
    const signatureHash = isWitness ? witnessV0SignatureHash : legacySignatureHash;
    return ecdsaSignature(signatureHash(precomputed, input, code, type), secret, type);
  });
}

/** Changes a bit of one element, at times. */
function damaged(elements: readonly Uint8Array[], random: Random): readonly Uint8Array[] {
  if (random(2)) return elements;
  const which = random(elements.length);
  return elements.map((element, i) => {
    if (i !== which || element.length === 0) return element;
    const copy = element.slice();
    copy[random(copy.length)]! ^= 1 << random(8);
    return copy;
  });
}

describe('signatures have the verdict of bitcore-lib', () => {
  test.each(WRAPPINGS)('%s', (wrapping) => {
    const random = seeded(WRAPPINGS.indexOf(wrapping) + 200 * LONGER);
    let accepted = 0;
    const rounds = 150 * LONGER;
    for (let round = 0; round < rounds; round++) {
      const signing = randomSigning(random, wrapping === 'tapscript');
      const { scriptPubKey, fill } = wrap(signing.script, wrapping);
      const { transaction, input } = randomTransaction(random);
      const spent = spentBy(transaction, input, scriptPubKey);
      const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
      const signatures = sign(precomputed, input, signing, wrapping, random);
            const { scriptSig, witness } = fill([...signing.below, ...damaged(signatures, random)]);
      const flags = FLAG_SETS[0]!;
      if (bothAccept(withInput(transaction, input, scriptSig, witness), spent, input, flags)) accepted++;
    }
    expect(accepted).toBeGreaterThan(rounds / 5);
    expect(accepted).toBeLessThan(rounds);
  });

  test('taproot by its key', () => {
    const random = seeded(300);
    let accepted = 0;
    for (let round = 0; round < 40; round++) {
      const scriptPubKey = concat(Uint8Array.of(0x51, 32), INTERNAL);
      const { transaction, input } = randomTransaction(random);
      const spent = spentBy(transaction, input, scriptPubKey);
      const precomputed = PrecomputedTransaction.of(transaction, spent, fastHashes);
      const type = [0, ...HASH_TYPES][random(7)]!;
      const annex = random(3) === 0 ? [concat(Uint8Array.of(0x50), randomBytes(random, random(20)))] : [];
      const annexHash = annex.map((bytes) =>
        fastHashes.sha256(concat(Uint8Array.of(bytes.length), bytes)))[0];
      const hash = taprootSignatureHash(precomputed, input, type, { annexHash });
      if (hash === undefined) continue;
      const suffix = Uint8Array.of(...(type === 0 ? [] : [type]));
      const signature = concat(tiny.signSchnorr(hash, SECRETS[0]!), suffix);
      const witness = damaged([signature, ...annex], random);
      const filled = withInput(transaction, input, new Uint8Array(0), witness);
      if (bothAccept(filled, spent, input, FLAG_SETS[0]!)) accepted++;
    }
    expect(accepted).toBeGreaterThan(8);
  });
});
