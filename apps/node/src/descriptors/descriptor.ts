import {
  encodeScriptNumber, OP_1, OP_CHECKMULTISIG, OP_CHECKSIG, OP_CHECKSIGADD, OP_NUMEQUAL, pushOf,
  tapbranchHash, tapleafHash, TAPROOT_LEAF_TAPSCRIPT,
} from '@btcp2p/script';
import { sha256 } from '@noble/hashes/sha2.js';
import { payToPubkeyHash, payToScriptHash, payToWitness } from './address.ts';
import type { KeyExpression } from './key-expression.ts';
import { compareKeys, hash160, taprootOutputKey } from './public-key.ts';

/** A parsed output descriptor (BIP 380; Core `Descriptor`, script/descriptor.h). */
export interface Descriptor {
  /** In canonical form, without secrets and without the checksum. */
  readonly text: string;
  /** Whether it stands for a row of scripts, one for each index. */
  readonly isRange: boolean;
  /** Whether it says all that is needed to spend, the keys apart. */
  readonly isSolvable: boolean;
  /** Whether any of its keys was given with its secret. */
  readonly hasPrivateKeys: boolean;
  /**
   * The scripts at an index, one, or of `combo()` two or four; undefined if a key cannot be derived
   * without its secret. A step of BIP 32 takes about a millisecond.
   *
   * @param index 0 to 2^31 - 1; it does not matter where there is no range
   */
  expand(index: number): Uint8Array[] | undefined;
}

/** How `tr()` nests its scripts: a place in their list, or two branches. */
export type ScriptTree = number | readonly [ScriptTree, ScriptTree];

/** Keys of one of the kinds below at an index. */
function keysAt(keys: readonly KeyExpression[], index: number): Uint8Array[] | undefined {
  const bytes: Uint8Array[] = [];
  for (const key of keys) {
    const publicKey = key.publicKey(index);
    if (publicKey === undefined) return undefined;
    bytes.push(publicKey);
  }
  return bytes;
}

function ofKeys(
  name: string,
  keys: readonly KeyExpression[],
  scripts: (keys: Uint8Array[]) => Uint8Array[],
  extra: readonly string[] = [],
): Descriptor {
  return {
    text: `${name}(${[...extra, ...keys.map(({ text }) => text)].join(',')})`,
    isRange: keys.some(({ isRange }) => isRange),
    isSolvable: true,
    hasPrivateKeys: keys.some(({ isPrivate }) => isPrivate),
    expand(index) {
      const publicKeys = keysAt(keys, index);
      return publicKeys === undefined ? undefined : scripts(publicKeys);
    },
  };
}

/** `addr(…)` and `raw(…)`: a script that is known as it is. */
export function fixedDescriptor(name: 'addr' | 'raw', argument: string, script: Uint8Array): Descriptor {
  return {
    text: `${name}(${argument})`,
    isRange: false,
    isSolvable: false,
    hasPrivateKeys: false,
    expand: () => [script],
  };
}

/** `pk(KEY)`: in tapscript, of the X of the key alone. */
export function pkDescriptor(key: KeyExpression, isTapscript: boolean): Descriptor {
  return ofKeys('pk', [key], ([bytes]) => [payToKey(isTapscript ? xOnly(bytes!) : bytes!)]);
}

/** `pkh(KEY)`. */
export function pkhDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('pkh', [key], ([bytes]) => [payToPubkeyHash(hash160(bytes!))]);
}

/** `wpkh(KEY)`. */
export function wpkhDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('wpkh', [key], ([bytes]) => [payToWitness(0, hash160(bytes!))]);
}

/** `combo(KEY)`: P2PK, P2PKH, and of a compressed key P2WPKH and P2SH-P2WPKH (BIP 384). */
export function comboDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('combo', [key], ([bytes]) => {
    const hash = hash160(bytes!);
    const scripts = [payToKey(bytes!), payToPubkeyHash(hash)];
    if (bytes!.length === 65) return scripts;
    const witness = payToWitness(0, hash);
    return [...scripts, witness, payToScriptHash(hash160(witness))];
  });
}

/** `multi(…)` and `sortedmulti(…)` (BIP 383). */
export function multiDescriptor(
  threshold: number,
  keys: readonly KeyExpression[],
  isSorted: boolean,
): Descriptor {
  const name = isSorted ? 'sortedmulti' : 'multi';
  const script = (bytes: Uint8Array[]): Uint8Array => {
    const ordered = isSorted ? bytes.sort(compareKeys) : bytes;
    return concatenate([
      pushNumber(threshold), ...ordered.map(pushOf), pushNumber(keys.length), [OP_CHECKMULTISIG],
    ]);
  };
  return ofKeys(name, keys, (bytes) => [script(bytes)], [String(threshold)]);
}

/** `multi_a(…)` and `sortedmulti_a(…)` (BIP 387). */
export function multiADescriptor(
  threshold: number,
  keys: readonly KeyExpression[],
  isSorted: boolean,
): Descriptor {
  const name = isSorted ? 'sortedmulti_a' : 'multi_a';
  const script = (bytes: Uint8Array[]): Uint8Array => {
    const ordered = isSorted ? bytes.map(xOnly).sort(compareKeys) : bytes.map(xOnly);
    const checks = ordered.flatMap((key, i) => [pushOf(key), [i === 0 ? OP_CHECKSIG : OP_CHECKSIGADD]]);
    return concatenate([...checks, pushNumber(threshold), [OP_NUMEQUAL]]);
  };
  return ofKeys(name, keys, (bytes) => [script(bytes)], [String(threshold)]);
}

/** `sh(SCRIPT)` and `wsh(SCRIPT)`. */
export function wrappedDescriptor(name: 'sh' | 'wsh', inner: Descriptor): Descriptor {
  const wrap = (script: Uint8Array): Uint8Array =>
    name === 'sh' ? payToScriptHash(hash160(script)) : payToWitness(0, sha256(script));
  return {
    ...inner,
    text: `${name}(${inner.text})`,
    expand: (index) => inner.expand(index)?.map(wrap),
  };
}

/** `tr(KEY)` and `tr(KEY,TREE)` (BIP 386). */
export function trDescriptor(
  key: KeyExpression,
  leaves: readonly Descriptor[],
  tree: ScriptTree | undefined,
): Descriptor {
  const treeText = (node: ScriptTree): string =>
    typeof node === 'number' ? leaves[node]!.text : `{${node.map(treeText).join(',')}}`;
  return {
    text: tree === undefined ? `tr(${key.text})` : `tr(${key.text},${treeText(tree)})`,
    isRange: key.isRange || leaves.some(({ isRange }) => isRange),
    isSolvable: leaves.every(({ isSolvable }) => isSolvable),
    hasPrivateKeys: key.isPrivate || leaves.some(({ hasPrivateKeys }) => hasPrivateKeys),
    expand(index) {
      const internal = key.publicKey(index);
      const scripts = leaves.map((leaf) => leaf.expand(index)?.[0]);
      if (internal === undefined || scripts.includes(undefined)) return undefined;
      const root = tree === undefined ? undefined : treeHash(tree, scripts as Uint8Array[]);
      const output = taprootOutputKey(xOnly(internal), root);
      return output === undefined ? undefined : [payToWitness(1, output)];
    },
  };
}

/** `rawtr(KEY)`: an output key as it is (BIP 386). */
export function rawtrDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('rawtr', [key], ([bytes]) => [payToWitness(1, xOnly(bytes!))]);
}

function treeHash(tree: ScriptTree, scripts: readonly Uint8Array[]): Uint8Array {
  if (typeof tree === 'number') return tapleafHash(TAPROOT_LEAF_TAPSCRIPT, scripts[tree]!);
  return tapbranchHash(treeHash(tree[0], scripts), treeHash(tree[1], scripts));
}

/** The X of a compressed public key: 32 bytes. */
function xOnly(publicKey: Uint8Array): Uint8Array {
  return publicKey.slice(1, 33);
}

function payToKey(key: Uint8Array): Uint8Array {
  return Uint8Array.of(key.length, ...key, OP_CHECKSIG);
}

/** The shortest push of a positive number (Core `CScript << int`). */
function pushNumber(value: number): Uint8Array {
  return value <= 16 ? Uint8Array.of(OP_1 + value - 1) : pushOf(encodeScriptNumber(value));
}

function concatenate(parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
