/**
 * Which rules hold, as bits of a number: Core's `script_verify_flag_name` (script/interpreter.h)
 * without the prefix `SCRIPT_VERIFY_`, at the same bits.
 *
 * Core asserts that `WITNESS` comes with `P2SH`, and `CLEANSTACK` with both. Nothing is asserted here:
 * other combinations do what their bits say, and mean nothing on the network.
 */
export const ScriptVerifyFlags = {
  NONE: 0,
  /** Pay to script hash (BIP 16). */
  P2SH: 1 << 0,
  /** Policy: signatures and public keys have a defined form, and hash types are known ones. */
  STRICTENC: 1 << 1,
  /** Signatures are strict DER (BIP 66). */
  DERSIG: 1 << 2,
  /** Policy: the S of an ECDSA signature is at most half of the group order (BIP 146). */
  LOW_S: 1 << 3,
  /** What `OP_CHECKMULTISIG` takes off the stack without need is empty (BIP 147). */
  NULLDUMMY: 1 << 4,
  /** Policy: a scriptSig does nothing but push. */
  SIGPUSHONLY: 1 << 5,
  /** Policy: pushes and numbers take the shortest form. */
  MINIMALDATA: 1 << 6,
  /** Policy: no `OP_NOP1` to `OP_NOP10` is executed that has no meaning yet. */
  DISCOURAGE_UPGRADABLE_NOPS: 1 << 7,
  /** Policy: one element is left on the stack, and not more. */
  CLEANSTACK: 1 << 8,
  /** `OP_CHECKLOCKTIMEVERIFY` (BIP 65). */
  CHECKLOCKTIMEVERIFY: 1 << 9,
  /** `OP_CHECKSEQUENCEVERIFY` (BIP 112). */
  CHECKSEQUENCEVERIFY: 1 << 10,
  /** Segregated witness (BIP 141, BIP 143). */
  WITNESS: 1 << 11,
  /** Policy: no witness versions without a meaning. */
  DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM: 1 << 12,
  /** Policy: in witness v0, `OP_IF` and `OP_NOTIF` take an empty element or the byte 1. */
  MINIMALIF: 1 << 13,
  /** Policy: a signature that does not hold is empty (BIP 146). */
  NULLFAIL: 1 << 14,
  /** Policy: public keys in witness v0 are compressed. */
  WITNESS_PUBKEYTYPE: 1 << 15,
  /** Policy: before segwit, neither `OP_CODESEPARATOR` nor a signature inside its own script. */
  CONST_SCRIPTCODE: 1 << 16,
  /** Taproot and tapscript (BIP 341, BIP 342). */
  TAPROOT: 1 << 17,
  /** Policy: no leaf versions without a meaning. */
  DISCOURAGE_UPGRADABLE_TAPROOT_VERSION: 1 << 18,
  /** Policy: no `OP_SUCCESS`. */
  DISCOURAGE_OP_SUCCESS: 1 << 19,
  /** Policy: in tapscript, no public keys of a kind without a meaning. */
  DISCOURAGE_UPGRADABLE_PUBKEYTYPE: 1 << 20,
} as const;

/** A set of {@link ScriptVerifyFlags}, or-ed together. */
export type ScriptVerifyFlags = number;

/** The name of one flag. */
export type ScriptVerifyFlagName = Exclude<keyof typeof ScriptVerifyFlags, 'NONE'>;

/** The names of all flags, lowest bit first. */
export const scriptVerifyFlagNames: readonly ScriptVerifyFlagName[] = Object.keys(
  ScriptVerifyFlags,
).filter((name): name is ScriptVerifyFlagName => name !== 'NONE');

const F = ScriptVerifyFlags;

/**
 * Core `MANDATORY_SCRIPT_VERIFY_FLAGS` (policy/policy.h): the rules of all blocks from taproot on.
 */
export const MANDATORY_SCRIPT_VERIFY_FLAGS: ScriptVerifyFlags =
  F.P2SH | F.DERSIG | F.NULLDUMMY | F.CHECKLOCKTIMEVERIFY | F.CHECKSEQUENCEVERIFY | F.WITNESS | F.TAPROOT;

/** Core `STANDARD_SCRIPT_VERIFY_FLAGS` (policy/policy.h): those, and what a mempool asks for. */
export const STANDARD_SCRIPT_VERIFY_FLAGS: ScriptVerifyFlags =
  MANDATORY_SCRIPT_VERIFY_FLAGS | F.STRICTENC | F.MINIMALDATA | F.DISCOURAGE_UPGRADABLE_NOPS |
  F.CLEANSTACK | F.MINIMALIF | F.NULLFAIL | F.LOW_S | F.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM |
  F.WITNESS_PUBKEYTYPE | F.CONST_SCRIPTCODE | F.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION |
  F.DISCOURAGE_OP_SUCCESS | F.DISCOURAGE_UPGRADABLE_PUBKEYTYPE;
