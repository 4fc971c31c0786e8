import {
  PrecomputedTransaction, pushOf, ScriptVerifyFlags, type SignatureVerifier, taprootSignatureHash,
  verifyInput, witnessV0SignatureHash,
} from '@btcp2p/script';
import { nativeScriptHashes, type ScriptCheckPool } from '@btcp2p/reactor';
import { blockFile } from '@btcp2p/testdata';
import { BlockView, Transaction, type TxIn, type TxOut, Writer } from '@btcp2p/wire';
import { pointFromScalar, sign, signSchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1';

/** The flags of all blocks here: rules that came later would change nothing for those before. */
const FLAGS = ScriptVerifyFlags.P2SH | ScriptVerifyFlags.WITNESS | ScriptVerifyFlags.TAPROOT;

/** A transaction of a block, and what it spends. */
export interface Spend {
  /** Its place in the block. */
  readonly place: number;
  readonly spent: readonly TxOut[];
}

/** Transactions of a block, from the first behind the coinbase on. */
export interface Spends {
  readonly block: BlockView;
  readonly spends: readonly Spend[];
  /** How many inputs they have. */
  readonly inputs: number;
}

/** What the transactions of a real block spend, up to about so many inputs. */
export function spendsOf(name: string, maxInputs: number): Spends {
  const file = blockFile(name);
  const block = BlockView.of(file.bytes);
  const spends: Spend[] = [];
  let inputs = 0;
  for (let place = 1; place < block.transactionCount && inputs < maxInputs; place++) {
    const count = block.transaction(place).inputs.length;
    const spent = file.prevouts!.slice(inputs, inputs + count)
      .map(({ value, script }) => ({ value, scriptPubKey: script }));
    spends.push({ place, spent });
    inputs += count;
  }
  return { block, spends, inputs };
}

/**
 * Verifies all inputs one after another, from the bytes of their transactions on. Says how many there
 * are, and what is wrong with the first one that does not hold.
 */
export function verifyAll({ block, spends }: Spends, verifier: SignatureVerifier): string {
  let inputs = 0;
  for (const { place, spent } of spends) {
    const transaction = block.transaction(place);
    const precomputed = PrecomputedTransaction.of(transaction, spent, nativeScriptHashes);
    for (let input = 0; input < spent.length; input++, inputs++) {
      const error = verifyInput(precomputed, input, FLAGS, verifier);
      if (error !== 'OK') return `${place}:${input} ${error}`;
    }
  }
  return `${inputs} inputs`;
}

/** The same by a pool. */
export function verifyAllBy(pool: ScriptCheckPool, { block, spends, inputs }: Spends): string {
  pool.begin(block, FLAGS);
  for (const { place, spent } of spends) pool.add(place, spent);
  const failure = pool.finish();
  if (failure === undefined) return `${inputs} inputs`;
  return `${failure.transaction}:${failure.input} ${failure.error}`;
}

/** Outputs of one kind, and how they are spent. */
interface Kind {
  scriptPubKey(secret: Uint8Array): Uint8Array;
  witness(precomputed: PrecomputedTransaction, input: number, secret: Uint8Array): Uint8Array[];
}

/** To the hash of a public key (BIP 141), and to a public key by taproot (BIP 341). */
export const kinds: { readonly [name in 'P2WPKH' | 'P2TR']: Kind } = {
  P2WPKH: {
    scriptPubKey: (secret) => concat([Uint8Array.of(0), pushOf(hash160(publicKeyOf(secret)))]),
    witness(precomputed, input, secret) {
      const key = publicKeyOf(secret);
      const hash = pushOf(hash160(key));
      const scriptCode = concat([Uint8Array.of(0x76, 0xa9), hash, Uint8Array.of(0x88, 0xac)]);
      const signature = sign(witnessV0SignatureHash(precomputed, input, scriptCode, 1), secret);
      return [concat([derOf(signature), Uint8Array.of(1)]), key];
    },
  },
  P2TR: {
    scriptPubKey: (secret) => concat([Uint8Array.of(0x51), pushOf(xOnlyPointFromScalar(secret))]),
    witness: (precomputed, input, secret) =>
      [signSchnorr(taprootSignatureHash(precomputed, input, 0)!, secret)],
  },
};

/** A block of transactions with five inputs of one kind each, as those of Core's `ConnectBlock…`. */
export function madeUpSpends(kind: Kind, transactionCount: number): Spends {
  const secrets = [1, 2, 3, 4, 5].map((byte) => new Uint8Array(32).fill(byte));
  const spent = secrets.map((secret) => ({
    value: 100_000_000n, scriptPubKey: kind.scriptPubKey(secret),
  }));
  const transactions = Array.from({ length: transactionCount }, (_, i) => {
    const inputs = secrets.map((_, index) => blankInput(i, index));
    const blank = { version: 2, inputs, outputs: spent, lockTime: 0 };
    const precomputed = PrecomputedTransaction.of(blank, spent, nativeScriptHashes);
    const signed = inputs.map(({ prevout, scriptSig, sequence }, input) => ({
      prevout, scriptSig, sequence, witness: kind.witness(precomputed, input, secrets[input]!),
    }));
    return { ...blank, inputs: signed };
  });
  const coinbase = { version: 2, inputs: [blankInput(0, 0)], outputs: spent, lockTime: 0 };
  const block = blockOf([coinbase, ...transactions]);
  const spends = transactions.map((_, i) => ({ place: i + 1, spent }));
  return { block, spends, inputs: transactionCount * secrets.length };
}

function blankInput(transaction: number, index: number): TxIn {
  const txid = new Uint8Array(32);
  new DataView(txid.buffer).setUint32(0, transaction);
  return { prevout: { txid, index }, scriptSig: new Uint8Array(0), sequence: 0xffff_ffff, witness: [] };
}

/** Behind a header of zeros. */
function blockOf(transactions: readonly Transaction[]): BlockView {
  const size = transactions.reduce((sum, transaction) => sum + Transaction.size(transaction), 0);
  const bytes = new Uint8Array(80 + 5 + size);
  const writer = new Writer(bytes);
  writer.bytes(new Uint8Array(80));
  writer.compactSize(transactions.length);
  for (const transaction of transactions) Transaction.write(writer, transaction);
  return BlockView.of(bytes.subarray(0, writer.offset));
}

function publicKeyOf(secret: Uint8Array): Uint8Array {
  return pointFromScalar(secret, true)!;
}

function hash160(bytes: Uint8Array): Uint8Array {
  return nativeScriptHashes.ripemd160(nativeScriptHashes.sha256(bytes));
}

/** A signature as scripts have it. */
function derOf(signature: Uint8Array): Uint8Array {
  const numbers = concat([integerOf(signature.subarray(0, 32)), integerOf(signature.subarray(32))]);
  return concat([Uint8Array.of(0x30, numbers.length), numbers]);
}

function integerOf(bytes: Uint8Array): Uint8Array {
  const first = Math.max(0, bytes.findIndex((byte) => byte !== 0));
  const digits = bytes.subarray(first);
  const sign = digits[0]! >= 0x80 ? [0] : [];
  return Uint8Array.of(2, sign.length + digits.length, ...sign, ...digits);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
