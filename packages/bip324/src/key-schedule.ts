import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Core `BIP324Cipher::GARBAGE_TERMINATOR_LEN`: bytes that end the garbage (BIP 324). */
export const GARBAGE_TERMINATOR_LEN = 16;

/** Core `BIP324Cipher::SESSION_ID_LEN`: bytes of a session's id (BIP 324). */
export const SESSION_ID_LEN = 32;

/** What both sides derive from their shared secret (BIP 324 §"Keys and session ID derivation"). */
export interface SessionKeys {
  /** 32 bytes each: lengths (L) and packets (P) from the initiator and from the responder. */
  readonly initiatorL: Uint8Array;
  readonly initiatorP: Uint8Array;
  readonly responderL: Uint8Array;
  readonly responderP: Uint8Array;
  /** 16 bytes: what ends the garbage from the initiator. */
  readonly initiatorGarbageTerminator: Uint8Array;
  /** 16 bytes: what ends the garbage from the responder. */
  readonly responderGarbageTerminator: Uint8Array;
  /** 32 bytes, by which two people can tell that nobody sits between them. Not a secret. */
  readonly sessionId: Uint8Array;
}

/**
 * The shared secret, 32 bytes: a tagged hash (BIP 340) of both public keys and the X coordinate that
 * only the two sides know (BIP 324 §"x-only ECDH").
 *
 * @param initiatorKey, responderKey 64 bytes each, ElligatorSwift
 * @param sharedX 32 bytes
 */
export function sharedSecret(
  initiatorKey: Uint8Array,
  responderKey: Uint8Array,
  sharedX: Uint8Array,
): Uint8Array {
  const tag = sha256(ascii('bip324_ellswift_xonly_ecdh'));
  const hash = sha256.create().update(tag).update(tag);
  return hash.update(initiatorKey).update(responderKey).update(sharedX).digest();
}

/**
 * The keys that follow from a shared secret, by HKDF-SHA256 (RFC 5869).
 *
 * @param secret 32 bytes: {@link sharedSecret}. The caller overwrites it
 * @param magic the network's 4 bytes
 */
export function deriveKeys(secret: Uint8Array, magic: Uint8Array): SessionKeys {
  const salt = Uint8Array.of(...ascii('bitcoin_v2_shared_secret'), ...magic);
  const key = extract(sha256, secret, salt);
  const derive = (info: string): Uint8Array => expand(sha256, key, ascii(info), 32);
  const terminators = derive('garbage_terminators');
  const keys = {
    initiatorL: derive('initiator_L'),
    initiatorP: derive('initiator_P'),
    responderL: derive('responder_L'),
    responderP: derive('responder_P'),
    initiatorGarbageTerminator: terminators.slice(0, GARBAGE_TERMINATOR_LEN),
    responderGarbageTerminator: terminators.slice(GARBAGE_TERMINATOR_LEN),
    sessionId: derive('session_id'),
  };
  key.fill(0);
  return keys;
}

/** Overwrites what is secret of the keys. */
export function wipeKeys(keys: SessionKeys): void {
  for (const key of [keys.initiatorL, keys.initiatorP, keys.responderL, keys.responderP]) key.fill(0);
}

/** One byte a character. */
function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
