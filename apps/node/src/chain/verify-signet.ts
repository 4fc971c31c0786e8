import type { SignetTransactions } from '@btcp2p/consensus';
import { PrecomputedTransaction, verifyInput, type ScriptVerifyFlags } from '@btcp2p/script';

/** Whether a signet block's solution satisfies the challenge (BIP 325). */
export function verifySignet({ toSpend, toSign }: SignetTransactions, flags: number): boolean {
  const precomputed = PrecomputedTransaction.of(toSign, toSpend.outputs);
  return verifyInput(precomputed, 0, flags as ScriptVerifyFlags) === 'OK';
}
