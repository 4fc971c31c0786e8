import type { Transaction, TxOut } from '@btcp2p/wire';
import { MAX_PUBKEYS_PER_MULTISIG } from './limits.ts';
import {
  OP_1, OP_16, OP_CHECKMULTISIG, OP_CHECKMULTISIGVERIFY, OP_CHECKSIG, OP_CHECKSIGVERIFY,
} from './opcodes.ts';
import { operationEnd } from './operation-end.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import { isPayToScriptHash, lastPush, witnessVersion } from './script-form.ts';

/** Core `WITNESS_SCALE_FACTOR` (consensus/consensus.h): what a signature check outside of segwit costs. */
const WITNESS_SCALE_FACTOR = 4;

/**
 * Signature checks in a script, executed or not, up to a push that runs past the end (Core
 * `CScript::GetSigOpCount`).
 *
 * @param accurate whether a multisig counts as the number of keys that `OP_1` to `OP_16` in front of it
 *   says (BIP 16), and not as 20
 */
export function legacySigOpCount(script: Uint8Array, accurate = false): number {
  let count = 0;
  let previous = 0xff;
  for (let at = 0; at >= 0 && at < script.length; ) {
    const end = operationEnd(script, at);
    if (end < 0) break;
    const opcode = script[at]!;
    if (opcode === OP_CHECKSIG || opcode === OP_CHECKSIGVERIFY) count++;
    else if (opcode === OP_CHECKMULTISIG || opcode === OP_CHECKMULTISIGVERIFY) {
      const known = accurate && previous >= OP_1 && previous <= OP_16;
      count += known ? previous - (OP_1 - 1) : MAX_PUBKEYS_PER_MULTISIG;
    }
    previous = opcode;
    at = end;
  }
  return count;
}

/**
 * Signature checks in the script that a P2SH scriptSig pushes, counted accurately; 0 for other outputs
 * (BIP 16; Core `CScript::GetSigOpCount(scriptSig)` as `GetP2SHSigOpCount` calls it).
 */
export function p2shSigOpCount(scriptPubKey: Uint8Array, scriptSig: Uint8Array): number {
  if (!isPayToScriptHash(scriptPubKey)) return 0;
  const redeemScript = lastPush(scriptSig);
  return redeemScript === undefined ? 0 : legacySigOpCount(redeemScript, true);
}

/**
 * Signature checks in a witness of version 0, in P2SH or not (BIP 141, Core `CountWitnessSigOps`): one
 * for a key hash, those of the script for a script hash. Taproot has a budget of its own, and none here.
 */
export function witnessSigOpCount(
  scriptPubKey: Uint8Array, scriptSig: Uint8Array, witness: readonly Uint8Array[],
): number {
  const program = isPayToScriptHash(scriptPubKey) ? lastPush(scriptSig) : scriptPubKey;
  if (program === undefined || witnessVersion(program) !== 0) return 0;
  const size = program.length - 2;
  if (size === 20) return 1;
  const script = witness[witness.length - 1];
  return size === 32 && script !== undefined ? legacySigOpCount(script, true) : 0;
}

/**
 * What a transaction counts against a block's `MAX_BLOCK_SIGOPS_COST` (BIP 141, Core
 * `GetTransactionSigOpCost`, consensus/tx_verify.cpp): four for each check outside of segwit, one for
 * each inside.
 *
 * @param spentOutputs one for each input, in order; none for a coinbase
 * @param flags of which `P2SH` and `WITNESS` matter
 */
export function transactionSigOpCost(
  transaction: Transaction, spentOutputs: readonly TxOut[], flags: ScriptVerifyFlags,
): number {
  let legacy = 0;
  for (const { scriptSig } of transaction.inputs) legacy += legacySigOpCount(scriptSig);
  for (const { scriptPubKey } of transaction.outputs) legacy += legacySigOpCount(scriptPubKey);
  let cost = legacy * WITNESS_SCALE_FACTOR;
  for (const [i, { scriptPubKey }] of spentOutputs.entries()) {
    const { scriptSig, witness } = transaction.inputs[i]!;
    if ((flags & ScriptVerifyFlags.P2SH) !== 0) {
      cost += p2shSigOpCount(scriptPubKey, scriptSig) * WITNESS_SCALE_FACTOR;
    }
    if ((flags & ScriptVerifyFlags.WITNESS) !== 0) {
      cost += witnessSigOpCount(scriptPubKey, scriptSig, witness);
    }
  }
  return cost;
}
