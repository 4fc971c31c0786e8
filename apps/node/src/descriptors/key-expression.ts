import { fromHex, toHex, type Chain } from '@btcp2p/wire';
import { HDKey } from '@scure/bip32';
import { addressParameters } from './address-parameters.ts';
import { decodeBase58Check, hasSpaceAround } from './base58-check.ts';
import { DescriptorError } from './descriptor-error.ts';
import {
  formatKeyPath, HARDENED, parseKeyPaths, takeRangeStep, type HardenedMark, type KeyPath, type RangeStep,
} from './key-path.ts';
import { hash160, isPublicKey, publicKeyOf } from './public-key.ts';
import { hasKeySize } from './script-type.ts';

const FINGERPRINT_DIGITS = 8;

/** How steps are marked where nobody has said how. */
const CANONICAL: HardenedMark = { mark: 'h' };

/** Where a key stands in a descriptor (Core `ParseScriptContext`, script/descriptor.cpp). */
export type KeyContext = 'top' | 'sh' | 'wpkh' | 'wsh' | 'tr';

/** A key of a descriptor, or a row of them (BIP 380; Core `PubkeyProvider`, script/descriptor.cpp). */
export interface KeyExpression {
  /** Without secrets. */
  readonly text: string;
  readonly isRange: boolean;
  /** Whether a secret was given. */
  readonly isPrivate: boolean;
  /** Bytes of the public keys: 33 or 65. */
  readonly size: number;
  /**
   * The public key, 33 or 65 bytes.
   *
   * @param index 0 to 2^31 - 1: which of the row; of one key it does not matter
   * @returns undefined if it cannot be derived, as a hardened one from an xpub
   */
  publicKey(index: number): Uint8Array | undefined;
  /**
   * Where the key of an index comes from: the fingerprint of a key, and the steps from there. Without
   * steps it is its own.
   */
  origin(index: number): string;
}

/**
 * The keys of an expression: one, or as many as a step such as `<0;1>` has numbers (Core
 * `ParsePubkey`, script/descriptor.cpp).
 *
 * @throws DescriptorError
 */
export function parseKeyExpression(text: string, context: KeyContext, chain: Chain): KeyExpression[] {
  if (text.startsWith('musig(')) {
    throw new DescriptorError(
      context === 'tr' ? 'musig() is not supported' : 'musig() is only allowed in tr() and rawtr()',
    );
  }
  const [first, second, ...others] = text.split(']') as [string, ...string[]];
  if (others.length > 0) {
    throw new DescriptorError("Multiple ']' characters found for a single pubkey");
  }
  const hardened: HardenedMark = { mark: 'h' };
  if (second === undefined) return parseKey(first, context, chain, hardened);
  const origin = parseOrigin(first, hardened);
  const keys = parseKey(second, context, chain, hardened);
  // The mark is known only now: the last one of the whole expression.
  const originText = `[${origin.fingerprint}${formatKeyPath(origin.path, hardened)}]`;
  const start = `${origin.fingerprint}${formatKeyPath(origin.path, CANONICAL)}`;
  const withOrigin = (key: KeyExpression): KeyExpression => ({
    ...key,
    text: `${originText}${key.text}`,
    // The key's own fingerprint gives way.
    origin: (index) => `${start}${key.origin(index).slice(FINGERPRINT_DIGITS)}`,
  });
  return keys.map(withOrigin);
}

function parseOrigin(
  text: string,
  hardened: HardenedMark,
): { readonly fingerprint: string; readonly path: KeyPath } {
  if (!text.startsWith('[')) {
    const got = text[0] ?? ']';
    throw new DescriptorError(
      `Key origin start '[ character expected but not found, got '${got}' instead`,
    );
  }
  const [fingerprint, ...steps] = text.slice(1).split('/') as [string, ...string[]];
  if (fingerprint.length !== 8) {
    throw new DescriptorError(
      `Fingerprint is not 4 bytes (${fingerprint.length} characters instead of 8 characters)`,
    );
  }
  if (!isHex(fingerprint)) throw new DescriptorError(`Fingerprint '${fingerprint}' is not hex`);
  const [path] = parseKeyPaths(steps, hardened, false) as [KeyPath];
  return { fingerprint: fingerprint.toLowerCase(), path };
}

/** Whether the text is hex of at least one byte (Core `IsHex`, util/strencodings.cpp). */
export function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[\dA-Fa-f]+$/.test(text);
}

/** A key without its origin (Core `ParsePubkeyInner`). */
function parseKey(
  text: string,
  context: KeyContext,
  chain: Chain,
  hardened: HardenedMark,
): KeyExpression[] {
  const [key, ...steps] = text.split('/') as [string, ...string[]];
  if (key === '') throw new DescriptorError('No key provided');
  if (hasSpaceAround(key)) throw new DescriptorError(`Key '${key}' is invalid due to whitespace`);
  if (steps.length === 0) {
    if (isHex(key)) return [hexKey(key, context)];
    const secret = decodeSecretKey(key, chain);
    if (secret !== undefined) return [secretKey(secret, context)];
  }
  const extended = decodeExtendedKey(key, chain);
  if (extended === undefined) throw new DescriptorError(`key '${key}' is not valid`);
  const range = takeRangeStep(steps, hardened);
  const paths = parseKeyPaths(steps, hardened, true);
  return paths.map((path) => derivedKey({ extended, path, range, hardened }));
}

function hexKey(hex: string, context: KeyContext): KeyExpression {
  const bytes = fromHex(hex);
  if (hasKeySize(bytes)) {
    if (bytes[0]! > 4) throw new DescriptorError('Hybrid public keys are not allowed');
    if (isPublicKey(bytes)) return constantKey(bytes, context, { isXOnly: false, isPrivate: false });
  } else if (bytes.length === 32 && context === 'tr') {
    const even = Uint8Array.of(2, ...bytes);
    if (isPublicKey(even)) return constantKey(even, context, { isXOnly: true, isPrivate: false });
  }
  throw new DescriptorError(`Pubkey '${hex}' is invalid`);
}

function secretKey(publicKey: Uint8Array, context: KeyContext): KeyExpression {
  return constantKey(publicKey, context, { isXOnly: context === 'tr', isPrivate: true });
}

function constantKey(
  bytes: Uint8Array,
  context: KeyContext,
  { isXOnly, isPrivate }: { readonly isXOnly: boolean; readonly isPrivate: boolean },
): KeyExpression {
  if (bytes.length === 65 && context !== 'top' && context !== 'sh') {
    throw new DescriptorError('Uncompressed keys are not allowed');
  }
  return {
    text: toHex(isXOnly ? bytes.subarray(1) : bytes),
    isRange: false,
    isPrivate,
    size: bytes.length,
    publicKey: () => bytes,
    origin: () => fingerprint(bytes),
  };
}

/** The public key of a secret one in the wallet import format (Core `DecodeSecret`, key_io.cpp). */
function decodeSecretKey(text: string, chain: Chain): Uint8Array | undefined {
  const payload = decodeBase58Check(text, 34);
  if (payload?.[0] !== addressParameters(chain).secretKey) return undefined;
  const isCompressed = payload.length === 34 && payload[33] === 1;
  if (!isCompressed && payload.length !== 33) return undefined;
  return publicKeyOf(payload.subarray(1, 33), isCompressed);
}

/** An extended key, secret or public, of this network. */
function decodeExtendedKey(text: string, chain: Chain): HDKey | undefined {
  try {
    return HDKey.fromExtendedKey(text, addressParameters(chain).extendedKeys);
  } catch {
    return undefined;
  }
}

function derivedKey({ extended, path, range, hardened }: {
  readonly extended: HDKey;
  readonly path: KeyPath;
  readonly range: RangeStep;
  readonly hardened: HardenedMark;
}): KeyExpression {
  const stepsAt = (index: number): KeyPath => {
    if (range === 'none') return path;
    return [...path, range === 'hardened' ? index + HARDENED : index];
  };
  const rangeText = { none: '', unhardened: '/*', hardened: `/*${hardened.mark}` }[range];
  // The keys of a row share all steps but the last, and those are worked out once.
  let parent: HDKey | undefined;
  return {
    text: `${extended.publicExtendedKey}${formatKeyPath(path, hardened)}${rangeText}`,
    isRange: range !== 'none',
    isPrivate: extended.privateKey !== null,
    size: 33,
    publicKey(index) {
      try {
        parent ??= path.reduce((key, step) => key.deriveChild(step), extended);
        const last = stepsAt(index).at(-1)!;
        return (range === 'none' ? parent : parent.deriveChild(last)).publicKey ?? undefined;
      } catch {
        // Hardened steps need the secret; beyond that, it is one step in 2^127 that fails.
        return undefined;
      }
    },
    origin: (index) =>
      `${fingerprint(extended.publicKey!)}${formatKeyPath(stepsAt(index), CANONICAL)}`,
  };
}

/** The first 4 bytes of a public key's hash, in hex (BIP 32). */
function fingerprint(publicKey: Uint8Array): string {
  return toHex(hash160(publicKey).subarray(0, FINGERPRINT_DIGITS / 2));
}
