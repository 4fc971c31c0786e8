/** Core `MAX_SCRIPT_ELEMENT_SIZE` (script/script.h): bytes of a stack element. */
export const MAX_SCRIPT_ELEMENT_SIZE = 520;

/** Core `MAX_OPS_PER_SCRIPT` (script/script.h): opcodes above `OP_16`, before tapscript. */
export const MAX_OPS_PER_SCRIPT = 201;

/** Core `MAX_PUBKEYS_PER_MULTISIG` (script/script.h). */
export const MAX_PUBKEYS_PER_MULTISIG = 20;

/** Core `MAX_SCRIPT_SIZE` (script/script.h): bytes of a script, before tapscript. */
export const MAX_SCRIPT_SIZE = 10_000;

/** Core `MAX_STACK_SIZE` (script/script.h): elements of stack and alternative stack together. */
export const MAX_STACK_SIZE = 1_000;

/** Core `LOCKTIME_THRESHOLD` (script/script.h): lock times below are heights, others Unix seconds. */
export const LOCKTIME_THRESHOLD = 500_000_000;

/** Core `ANNEX_TAG` (script/script.h, BIP 341): the first byte of an annex. */
export const ANNEX_TAG = 0x50;

/** Core `VALIDATION_WEIGHT_PER_SIGOP_PASSED` (script/script.h, BIP 342). */
export const VALIDATION_WEIGHT_PER_SIGOP_PASSED = 50;

/** Core `VALIDATION_WEIGHT_OFFSET` (script/script.h, BIP 342). */
export const VALIDATION_WEIGHT_OFFSET = 50;

/** Core `TAPROOT_LEAF_MASK` (script/interpreter.h, BIP 341): the bits of a leaf version. */
export const TAPROOT_LEAF_MASK = 0xfe;

/** Core `TAPROOT_LEAF_TAPSCRIPT` (script/interpreter.h, BIP 342): the leaf version of tapscript. */
export const TAPROOT_LEAF_TAPSCRIPT = 0xc0;

/** Core `TAPROOT_CONTROL_BASE_SIZE` (script/interpreter.h): bytes before the merkle path. */
export const TAPROOT_CONTROL_BASE_SIZE = 33;

/** Core `TAPROOT_CONTROL_NODE_SIZE` (script/interpreter.h): bytes of a node of the merkle path. */
export const TAPROOT_CONTROL_NODE_SIZE = 32;

/** Core `TAPROOT_CONTROL_MAX_SIZE` (script/interpreter.h): bytes, with a merkle path of 128 nodes. */
export const TAPROOT_CONTROL_MAX_SIZE = 33 + 32 * 128;
