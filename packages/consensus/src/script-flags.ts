/**
 * The script rules that a block can be under, as bits of a number: names and bits are those of
 * Core's `script_verify_flag_name` (script/interpreter.h) without the prefix `SCRIPT_VERIFY_`, and
 * so of `ScriptVerifyFlags` of `@btcp2p/script`, which takes such a number as it is.
 */
export const BlockScriptFlags = {
  NONE: 0,
  /** Pay to script hash (BIP 16). */
  P2SH: 1 << 0,
  /** Signatures are strict DER (BIP 66). */
  DERSIG: 1 << 2,
  /** What `OP_CHECKMULTISIG` takes off the stack without need is empty (BIP 147). */
  NULLDUMMY: 1 << 4,
  /** `OP_CHECKLOCKTIMEVERIFY` (BIP 65). */
  CHECKLOCKTIMEVERIFY: 1 << 9,
  /** `OP_CHECKSEQUENCEVERIFY` (BIP 112). */
  CHECKSEQUENCEVERIFY: 1 << 10,
  /** Segregated witness (BIP 141, BIP 143). */
  WITNESS: 1 << 11,
  /** Taproot and tapscript (BIP 341, BIP 342). */
  TAPROOT: 1 << 17,
} as const;

/** A set of {@link BlockScriptFlags}, or-ed together. */
export type BlockScriptFlags = number;

/** The name of one flag. */
export type BlockScriptFlagName = Exclude<keyof typeof BlockScriptFlags, 'NONE'>;

const NAMES: readonly BlockScriptFlagName[] = [
  'P2SH', 'DERSIG', 'NULLDUMMY', 'CHECKLOCKTIMEVERIFY', 'CHECKSEQUENCEVERIFY', 'WITNESS', 'TAPROOT',
];

/** The names of the flags in a set, lowest bit first. */
export function blockScriptFlagNames(flags: BlockScriptFlags): BlockScriptFlagName[] {
  return NAMES.filter((name) => (flags & BlockScriptFlags[name]) !== 0);
}
