import {
  encodeScriptNumber, OP_1, OP_CHECKMULTISIG, OP_CHECKSIG, OP_CHECKSIGADD, OP_NUMEQUAL, pushOf,
  tapbranchHash, tapleafHash, TAPROOT_LEAF_TAPSCRIPT,
} from '@btcp2p/script';
import { toHex } from '@btcp2p/wire';
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
  /**
   * For each script at an index a descriptor of it alone, without checksum: with the key itself, and
   * where that comes from (Core `InferDescriptor` with keys). Undefined if a key cannot be derived, or
   * nothing is known but the script.
   */
  infer(index: number): string[] | undefined;
}

/** How `tr()` nests its scripts: a place in their list, or two branches. */
export type ScriptTree = number | readonly [ScriptTree, ScriptTree];

/** A key at an index. */
interface KeyAt {
  readonly bytes: Uint8Array;
  readonly origin: string;
}

/** Keys of one of the kinds below at an index. */
function keysAt(keys: readonly KeyExpression[], index: number): KeyAt[] | undefined {
  const all: KeyAt[] = [];
  for (const key of keys) {
    const bytes = key.publicKey(index);
    if (bytes === undefined) return undefined;
    all.push({ bytes, origin: key.origin(index) });
  }
  return all;
}

/** A key alone, with where it comes from. */
function keyText({ bytes, origin }: KeyAt): string {
  return `[${origin}]${toHex(bytes)}`;
}

function xOnlyText({ bytes, origin }: KeyAt): string {
  return `[${origin}]${toHex(xOnly(bytes))}`;
}

/** What a kind of descriptor is made of. */
interface Kind {
  readonly scripts: (keys: Uint8Array[]) => Uint8Array[];
  /** What each of those is by itself: `name(…)` of the keys as they are if undefined. */
  readonly texts?: (keys: KeyAt[]) => string[];
  readonly extra?: readonly string[];
}

function ofKeys(name: string, keys: readonly KeyExpression[], kind: Kind): Descriptor {
  const { scripts, texts = ([key]: KeyAt[]) => [`${name}(${keyText(key!)})`], extra = [] } = kind;
  return {
    text: `${name}(${[...extra, ...keys.map(({ text }) => text)].join(',')})`,
    isRange: keys.some(({ isRange }) => isRange),
    isSolvable: true,
    hasPrivateKeys: keys.some(({ isPrivate }) => isPrivate),
    expand(index) {
      const all = keysAt(keys, index);
      return all && scripts(all.map(({ bytes }) => bytes));
    },
    infer(index) {
      const all = keysAt(keys, index);
      return all && texts(all);
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
    infer: () => undefined,
  };
}

/** `pk(KEY)`: in tapscript, of the X of the key alone. */
export function pkDescriptor(key: KeyExpression, isTapscript: boolean): Descriptor {
  if (!isTapscript) return ofKeys('pk', [key], { scripts: ([bytes]) => [payToKey(bytes!)] });
  return ofKeys('pk', [key], {
    scripts: ([bytes]) => [payToKey(xOnly(bytes!))],
    texts: ([only]) => [`pk(${xOnlyText(only!)})`],
  });
}

/** `pkh(KEY)`. */
export function pkhDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('pkh', [key], { scripts: ([bytes]) => [payToPubkeyHash(hash160(bytes!))] });
}

/** `wpkh(KEY)`. */
export function wpkhDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('wpkh', [key], { scripts: ([bytes]) => [payToWitness(0, hash160(bytes!))] });
}

/** `combo(KEY)`: P2PK, P2PKH, and of a compressed key P2WPKH and P2SH-P2WPKH (BIP 384). */
export function comboDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('combo', [key], {
    scripts([bytes]) {
      const hash = hash160(bytes!);
      const scripts = [payToKey(bytes!), payToPubkeyHash(hash)];
      if (bytes!.length === 65) return scripts;
      const witness = payToWitness(0, hash);
      return [...scripts, witness, payToScriptHash(hash160(witness))];
    },
    texts([only]) {
      const text = keyText(only!);
      const all = [`pk(${text})`, `pkh(${text})`, `wpkh(${text})`, `sh(wpkh(${text}))`];
      return only!.bytes.length === 65 ? all.slice(0, 2) : all;
    },
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
  return ofKeys(name, keys, {
    scripts: (bytes) => [script(bytes)],
    texts(all) {
      const ordered = isSorted ? all.sort((a, b) => compareKeys(a.bytes, b.bytes)) : all;
      return [`multi(${[threshold, ...ordered.map(keyText)].join(',')})`];
    },
    extra: [String(threshold)],
  });
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
  return ofKeys(name, keys, {
    scripts: (bytes) => [script(bytes)],
    texts(all) {
      const ordered = isSorted ? all.sort((a, b) => compareKeys(xOnly(a.bytes), xOnly(b.bytes))) : all;
      return [`multi_a(${[threshold, ...ordered.map(xOnlyText)].join(',')})`];
    },
    extra: [String(threshold)],
  });
}

/** `sh(SCRIPT)` and `wsh(SCRIPT)`. */
export function wrappedDescriptor(name: 'sh' | 'wsh', inner: Descriptor): Descriptor {
  const wrap = (script: Uint8Array): Uint8Array =>
    name === 'sh' ? payToScriptHash(hash160(script)) : payToWitness(0, sha256(script));
  return {
    ...inner,
    text: `${name}(${inner.text})`,
    expand: (index) => inner.expand(index)?.map(wrap),
    infer: (index) => inner.infer(index)?.map((text) => `${name}(${text})`),
  };
}

/** `tr(KEY)` and `tr(KEY,TREE)` (BIP 386). */
export function trDescriptor(
  key: KeyExpression,
  leaves: readonly Descriptor[],
  tree: ScriptTree | undefined,
): Descriptor {
  const textOf = (keyPart: string, leafText: (leaf: Descriptor) => string): string => {
    const treeText = (node: ScriptTree): string =>
      typeof node === 'number' ? leafText(leaves[node]!) : `{${node.map(treeText).join(',')}}`;
    return tree === undefined ? `tr(${keyPart})` : `tr(${keyPart},${treeText(tree)})`;
  };
  return {
    text: textOf(key.text, ({ text }) => text),
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
    infer(index) {
      const [internal] = keysAt([key], index) ?? [];
      if (internal === undefined || leaves.some((leaf) => leaf.infer(index) === undefined)) {
        return undefined;
      }
      return [textOf(xOnlyText(internal), (leaf) => leaf.infer(index)![0]!)];
    },
  };
}

/** `rawtr(KEY)`: an output key as it is (BIP 386). */
export function rawtrDescriptor(key: KeyExpression): Descriptor {
  return ofKeys('rawtr', [key], {
    scripts: ([bytes]) => [payToWitness(1, xOnly(bytes!))],
    texts: ([only]) => [`rawtr(${xOnlyText(only!)})`],
  });
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
