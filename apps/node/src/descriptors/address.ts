import { OP_1, OP_CHECKSIG, OP_DUP, OP_EQUAL, OP_EQUALVERIFY, OP_HASH160 } from '@btcp2p/script';
import type { Chain } from '@btcp2p/wire';
import { bech32, bech32m } from '@scure/base';
import { addressParameters, type AddressParameters } from './address-parameters.ts';
import { decodeBase58, decodeBase58Check, encodeBase58Check } from './base58-check.ts';
import { locateBech32Errors } from './bech32-errors.ts';
import { solveScript } from './script-type.ts';

/** What an address stands for, or why it is none, in Core's words (key_io.cpp). */
export type DecodedAddress =
  | { readonly status: 'ok'; readonly scriptPubKey: Uint8Array }
  | {
      readonly status: 'invalid';
      readonly error: string;
      /** Places of characters that are likely wrong, if known: of segwit addresses only. */
      readonly errorLocations: readonly number[];
    };

/** Most bytes of a witness program (BIP 141; Core `BECH32_WITNESS_PROG_MAX_LEN`, key_io.cpp). */
const MAX_PROGRAM_SIZE = 40;

/**
 * The output script that an address of a network stands for: P2PKH, P2SH, and every witness version,
 * those without a meaning yet included (BIP 173, BIP 350; Core `DecodeDestination`, key_io.cpp).
 */
export function decodeAddress(text: string, chain: Chain): DecodedAddress {
  const parameters = addressParameters(chain);
  const { bech32Hrp } = parameters;
  if (text.slice(0, bech32Hrp.length).toLowerCase() === bech32Hrp) {
    return decodeSegwit(text, bech32Hrp);
  }
  const payload = decodeBase58Check(text, 21);
  if (payload !== undefined) return decodePayload(payload, parameters);
  // Base58 that is too long for an address is told apart from what is no Base58 at all.
  return invalid(
    decodeBase58(text, 100) === undefined
      ? 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.'
      : 'Invalid checksum or length of Base58 address (P2PKH or P2SH)',
  );
}

/** The address of an output script; undefined if it has none (Core `EncodeDestination`, key_io.cpp). */
export function encodeAddress(scriptPubKey: Uint8Array, chain: Chain): string | undefined {
  const { pubkeyAddress, scriptAddress, bech32Hrp } = addressParameters(chain);
  const { type, parts, witnessVersion } = solveScript(scriptPubKey);
  if (type === 'pubkeyhash') return encodeBase58Check(Uint8Array.of(pubkeyAddress, ...parts[0]!));
  if (type === 'scripthash') return encodeBase58Check(Uint8Array.of(scriptAddress, ...parts[0]!));
  if (witnessVersion < 0 || type === 'nonstandard') return undefined;
  const coder = witnessVersion === 0 ? bech32 : bech32m;
  return coder.encode(bech32Hrp, [witnessVersion, ...coder.toWords(scriptPubKey.subarray(2))]);
}

/** The script that pays to the hash of a key: 25 bytes. */
export function payToPubkeyHash(hash: Uint8Array): Uint8Array {
  return Uint8Array.of(OP_DUP, OP_HASH160, 20, ...hash, OP_EQUALVERIFY, OP_CHECKSIG);
}

/** The script that pays to the hash of a script (BIP 16): 23 bytes. */
export function payToScriptHash(hash: Uint8Array): Uint8Array {
  return Uint8Array.of(OP_HASH160, 20, ...hash, OP_EQUAL);
}

/** The script that pays to a witness program of 2 to 40 bytes (BIP 141). */
export function payToWitness(version: number, program: Uint8Array): Uint8Array {
  return Uint8Array.of(version === 0 ? 0 : OP_1 + version - 1, program.length, ...program);
}

function invalid(error: string, errorLocations: readonly number[] = []): DecodedAddress {
  return { status: 'invalid', error, errorLocations };
}

function decodePayload(
  payload: Uint8Array,
  { pubkeyAddress, scriptAddress }: AddressParameters,
): DecodedAddress {
  const version = payload[0];
  if (version !== pubkeyAddress && version !== scriptAddress) {
    return invalid('Invalid or unsupported Base58-encoded address.');
  }
  if (payload.length !== 21) return invalid('Invalid length for Base58 address (P2PKH or P2SH)');
  const hash = payload.subarray(1);
  const scriptPubKey = version === pubkeyAddress ? payToPubkeyHash(hash) : payToScriptHash(hash);
  return { status: 'ok', scriptPubKey };
}

function decodeSegwit(text: string, hrp: string): DecodedAddress {
  const plain = bech32.decodeUnsafe(text);
  const decoded = plain ?? bech32m.decodeUnsafe(text);
  if (!decoded) {
    const { error, locations } = locateBech32Errors(text);
    return invalid(error, locations);
  }
  const [version, ...words] = decoded.words;
  if (version === undefined) return invalid('Empty Bech32 data section');
  if (decoded.prefix !== hrp) {
    return invalid(
      'Invalid or unsupported prefix for Segwit (Bech32) address ' +
        `(expected ${hrp}, got ${decoded.prefix}).`,
    );
  }
  if (version === 0 && !plain) return invalid('Version 0 witness address must use Bech32 checksum');
  if (version !== 0 && plain) return invalid('Version 1+ witness address must use Bech32m checksum');
  const program = bech32.fromWordsUnsafe(words);
  if (!program) return invalid('Invalid padding in Bech32 data section');
  const fault = programFault(version, program.length);
  if (fault !== undefined) return invalid(fault);
  return { status: 'ok', scriptPubKey: payToWitness(version, program) };
}

function programFault(version: number, size: number): string | undefined {
  const bytes = `(${size} ${size === 1 ? 'byte' : 'bytes'})`;
  if (version === 0) {
    if (size === 20 || size === 32) return undefined;
    return `Invalid Bech32 v0 address program size ${bytes}, per BIP141`;
  }
  if (version > 16) return 'Invalid Bech32 address witness version';
  if (size >= 2 && size <= MAX_PROGRAM_SIZE) return undefined;
  return `Invalid Bech32 address program size ${bytes}`;
}
