/** What a signature covers: the last byte of an ECDSA signature, and of a Schnorr signature of 65 bytes. */
export const SignatureHashType = {
  /** Taproot alone, and never written: the signature has 64 bytes. Signs what `ALL` signs. */
  DEFAULT: 0,
  /** All inputs and outputs. */
  ALL: 1,
  /** All inputs and no output. */
  NONE: 2,
  /** All inputs, and the output of the same number as the input. */
  SINGLE: 3,
  /** Of the inputs, only the one that signs; added to another type. */
  ANYONECANPAY: 0x80,
} as const;

/**
 * Which rules a script is run by (Core `SigVersion`, script/interpreter.h): those before segwit, P2SH
 * included; witness v0 (BIP 143); spending a taproot output by its key, or by a script (BIP 341, 342).
 */
export type SigVersion = 'BASE' | 'WITNESS_V0' | 'TAPROOT' | 'TAPSCRIPT';
