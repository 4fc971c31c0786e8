import {
  legacySignatureHash,
  pushOf,
  SignatureHashType,
  tapleafHash,
  taprootSignatureHash,
  witnessV0SignatureHash,
  type PrecomputedTransaction,
} from '@btcp2p/script';
import type { TxIn } from '@btcp2p/wire';
import { hash160, hashes, keys, resign, signEcdsa, signSchnorr, taprootKey, type Key } from './keys.ts';

/** Where a script stands. */
export type ScriptForm = 'bare' | 'p2sh' | 'p2wsh' | 'p2sh-p2wsh' | 'tapscript';

/** How an input is spoiled; each lock can do some of them. */
export const tampers = [
  'wrong-key', 'wrong-hash', 'high-s', 'long-r', 'empty-signature', 'odd-hash-type', 'short-signature',
  'hash-type-zero', 'single', 'anyone-can-pay', 'none', 'dummy', 'missing', 'extra', 'other-script',
  'script-sig', 'witness', 'no-push', 'no-witness', 'control-size', 'control-key', 'annex', 'parity',
] as const;
/**
 * One way to spoil an input. A {@link Lock} need not know all of them: what it cannot do, it leaves
 * undone, and the input may then be good.
 */
export type Tamper = (typeof tampers)[number];

/** What an input has to say. */
export type Unlocked = Pick<TxIn, 'scriptSig' | 'witness'>;

/** What an output asks of who spends it, and how that is met, or not. */
export interface Lock {
  readonly kind: string;
  readonly scriptPubKey: Uint8Array;
  readonly usesWitness: boolean;
  /** No input can spend it, as far as we know. */
  readonly isDoomed?: boolean;
  /** Blocks, or units of 512 seconds, that it must be old (BIP 68). */
  readonly age?: { readonly type: 'blocks' | 'time'; readonly value: number };
  /** Height from which it can be spent (BIP 65). */
  readonly fromHeight?: number;
  unlock(precomputed: PrecomputedTransaction, index: number, tamper?: Tamper): Unlocked;
}

/** Signs for a script; the last byte is the hash type, if there is one. */
export type Sign = (key: Key) => Uint8Array;

const NOTHING = new Uint8Array(0);
const { ALL, NONE, SINGLE, ANYONECANPAY, DEFAULT } = SignatureHashType;
/** A leaf version that has no rules but those of BIP 342. */
const LEAF_VERSION = 0xc0;

/**
 * The bytes of all parts, one behind the other, in memory of their own: scripts are put together from
 * opcodes, as lists of numbers from 0 to 255, and from what they push.
 */
export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}

/**
 * Pay to a script, in any form.
 *
 * @param stack what the script wants to find, lowest first
 * @param more other properties of the lock
 */
export function scriptLock(
  form: ScriptForm,
  script: Uint8Array,
  stack: (sign: Sign) => Uint8Array[],
  more: Partial<Lock> & { readonly kind: string },
): Lock {
  const kind = `${form}:${more.kind}`;
  if (form === 'tapscript') return { ...tapscript(script, stack, LEAF_VERSION), ...more, kind };
  const sha256 = hashes.sha256(script);
  const program = concat([0, 32], sha256);
  const outer = form === 'p2sh' ? script : program;
  const p2sh = concat([0xa9, 20], hash160(outer), [0x87]);
  const isWitness = form === 'p2wsh' || form === 'p2sh-p2wsh';
  return {
    scriptPubKey: form === 'bare' ? script : form === 'p2wsh' ? program : p2sh,
    usesWitness: isWitness,
    unlock(precomputed, index, tamper) {
      const sign = ecdsaSigner(tamper, (hashType) =>
        isWitness
          ? witnessV0SignatureHash(precomputed, index, script, hashType)
          : legacySignatureHash(precomputed, index, script, hashType),
      );
      const elements = tampered(stack(sign), tamper);
      const shown = tamper === 'other-script' ? concat(script, [0x61]) : script;
      if (form === 'bare') return spoiled({ scriptSig: pushes(elements), witness: [] }, tamper);
      if (form === 'p2sh') return spoiled({ scriptSig: pushes([...elements, shown]), witness: [] }, tamper);
      const scriptSig = form === 'p2wsh' ? NOTHING : pushOf(program);
      return spoiled({ scriptSig, witness: [...elements, shown] }, tamper);
    },
    ...more,
    kind,
  };
}

/** Pay to witness public key hash, by itself or in P2SH. */
export function keyHashLock(key: Key, nested: boolean): Lock {
  const program = concat([0, 20], hash160(key.publicKey));
  const scriptCode = concat([0x76, 0xa9, 20], hash160(key.publicKey), [0x88, 0xac]);
  return {
    kind: nested ? 'p2sh-p2wpkh' : 'p2wpkh',
    scriptPubKey: nested ? concat([0xa9, 20], hash160(program), [0x87]) : program,
    usesWitness: true,
    unlock(precomputed, index, tamper) {
      const sign = ecdsaSigner(tamper, (hashType) =>
        witnessV0SignatureHash(precomputed, index, scriptCode, hashType),
      );
      const witness = tampered([sign(key), key.publicKey], tamper);
      return spoiled({ scriptSig: nested ? pushOf(program) : NOTHING, witness }, tamper);
    },
  };
}

/** Pay to taproot, spent by its key. */
export function taprootKeyLock(key: Key, merkleRoot?: Uint8Array): Lock {
  const output = taprootKey(key, merkleRoot);
  return {
    kind: merkleRoot === undefined ? 'p2tr' : 'p2tr-with-tree',
    scriptPubKey: concat([0x51, 32], output.xOnly),
    usesWitness: true,
    unlock(precomputed, index, tamper) {
      const annexHash = annexHashOf(tamper);
      const sign = schnorrSigner(tamper, (hashType) =>
        taprootSignatureHash(precomputed, index, hashType, { annexHash }),
      );
      const signature = tamper === 'other-script' ? sign(key) : sign(output);
      const witness = tampered([signature], tamper);
      return spoiled({ scriptSig: NOTHING, witness: withAnnex(witness, tamper) }, tamper);
    },
  };
}

/** Pay to taproot, spent by a script. The tree has another leaf, so that there is a path. */
export function tapscript(
  script: Uint8Array,
  stack: (sign: Sign) => Uint8Array[],
  leafVersion: number,
): Lock {
  const leaf = tapleafHash(leafVersion, script, hashes);
  const other = tapleafHash(LEAF_VERSION, Uint8Array.of(0x51), hashes);
  const [first, second] = Buffer.compare(leaf, other) < 0 ? [leaf, other] : [other, leaf];
  const tag = hashes.sha256(new TextEncoder().encode('TapBranch'));
  const root = hashes.sha256(concat(tag, tag, first, second));
  const internal = keys[0]!;
  const output = taprootKey(internal, root);
  return {
    kind: 'tapscript',
    scriptPubKey: concat([0x51, 32], output.xOnly),
    usesWitness: true,
    unlock(precomputed, index, tamper) {
      const annexHash = annexHashOf(tamper);
      const context = { annexHash, tapleafHash: leaf };
      const sign = schnorrSigner(tamper, (hashType) =>
        taprootSignatureHash(precomputed, index, hashType, context),
      );
      const elements = tampered(stack(sign), tamper);
      const isOdd = tamper === 'parity' ? !output.isOdd : output.isOdd;
      const key = tamper === 'control-key' ? keys[1]!.xOnly : internal.xOnly;
      const control = concat([leafVersion | (isOdd ? 1 : 0)], key, other);
      const shown = tamper === 'other-script' ? concat(script, [0x61]) : script;
      const proof = tamper === 'control-size' ? control.slice(0, -1) : control;
      const witness = withAnnex([...elements, shown, proof], tamper);
      return spoiled({ scriptSig: NOTHING, witness }, tamper);
    },
  };
}

/** Pay to a witness version that has no rules yet. */
export function futureLock(version: number, program: Uint8Array): Lock {
  return {
    kind: `witness-v${version}`,
    scriptPubKey: concat([0x50 + version, program.length], program),
    usesWitness: false,
    unlock: (_precomputed, _index, tamper) => spoiled({ scriptSig: NOTHING, witness: [] }, tamper),
  };
}

/** A script that pushes these elements. */
export function pushes(elements: readonly Uint8Array[]): Uint8Array {
  return concat(...elements.map((element) => pushOf(element)));
}

function hashTypeOf(tamper: Tamper | undefined, usual: number): number {
  switch (tamper) {
    case 'odd-hash-type':
      return 0x50;
    case 'hash-type-zero':
      return 0;
    case 'single':
      return SINGLE;
    case 'none':
      return NONE | ANYONECANPAY;
    case 'anyone-can-pay':
      return ALL | ANYONECANPAY;
    default:
      return usual;
  }
}

function ecdsaSigner(tamper: Tamper | undefined, hashFor: (hashType: number) => Uint8Array): Sign {
  const hashType = hashTypeOf(tamper, ALL);
  return (key) => {
    if (tamper === 'empty-signature') return NOTHING;
    const hash = hashFor(hashType).slice();
    if (tamper === 'wrong-hash') hash[0]! ^= 1;
    const signature = signEcdsa(hash, tamper === 'wrong-key' ? keys.at(-1)! : key);
    const form = tamper === 'high-s' || tamper === 'long-r' ? resign(signature, tamper) : signature;
    const bytes = concat(form, [hashType]);
    return tamper === 'short-signature' ? bytes.slice(0, -2) : bytes;
  };
}

function schnorrSigner(
  tamper: Tamper | undefined,
  hashFor: (hashType: number) => Uint8Array | undefined,
): Sign {
  const hashType = hashTypeOf(tamper, DEFAULT);
  return (key) => {
    if (tamper === 'empty-signature') return NOTHING;
    const hash = (hashFor(hashType) ?? new Uint8Array(32)).slice();
    if (tamper === 'wrong-hash') hash[0]! ^= 1;
    const signature = signSchnorr(hash, tamper === 'wrong-key' ? keys.at(-1)! : key);
    // An explicit 0 is not allowed: it would be a second form of the same signature.
    const isShort = hashType === DEFAULT && tamper !== 'hash-type-zero';
    const bytes = isShort ? signature : concat(signature, [hashType]);
    return tamper === 'short-signature' ? bytes.slice(0, -1) : bytes;
  };
}

function tampered(elements: Uint8Array[], tamper: Tamper | undefined): Uint8Array[] {
  switch (tamper) {
    case 'missing':
      return elements.slice(1);
    case 'extra':
      return [Uint8Array.of(1), ...elements];
    case 'dummy':
      return elements[0]?.length === 0 ? [Uint8Array.of(1), ...elements.slice(1)] : elements;
    default:
      return elements;
  }
}

function spoiled(unlocked: Unlocked, tamper: Tamper | undefined): Unlocked {
  const { scriptSig, witness } = unlocked;
  switch (tamper) {
    case 'script-sig':
      return { scriptSig: concat([0x51], scriptSig), witness };
    case 'no-push':
      return { scriptSig: concat(scriptSig, [0x61]), witness };
    case 'witness':
      return { scriptSig, witness: [Uint8Array.of(1), ...witness] };
    case 'no-witness':
      return { scriptSig, witness: [] };
    default:
      return unlocked;
  }
}

const ANNEX = Uint8Array.of(0x50, 1, 2, 3);

function withAnnex(witness: Uint8Array[], tamper: Tamper | undefined): Uint8Array[] {
  return tamper === 'annex' ? [...witness, ANNEX] : witness;
}

function annexHashOf(tamper: Tamper | undefined): Uint8Array | undefined {
  return tamper === 'annex' ? hashes.sha256(concat([ANNEX.length], ANNEX)) : undefined;
}
