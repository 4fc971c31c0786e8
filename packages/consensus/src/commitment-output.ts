import type { Transaction } from '@btcp2p/wire';

/** OP_RETURN, a push of 36 bytes, and the 4 that announce a commitment (BIP 141). */
export const COMMITMENT_HEADER: readonly number[] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/**
 * Fewest bytes of a script that commits: that, and a hash
 * (Core `MINIMUM_WITNESS_COMMITMENT`, consensus/validation.h).
 */
export const MINIMUM_WITNESS_COMMITMENT = 38;

/**
 * Which output of a coinbase commits to the witnesses: the last that has the form of a commitment;
 * -1 for none (BIP 141; Core `GetWitnessCommitmentIndex`, consensus/validation.h).
 */
export function commitmentOutput(coinbase: Transaction): number {
  return coinbase.outputs.findLastIndex(
    ({ scriptPubKey: script }) =>
      script.length >= MINIMUM_WITNESS_COMMITMENT &&
      COMMITMENT_HEADER.every((byte, i) => script[i] === byte),
  );
}
