import type { Rng } from '@btcp2p/machine';
import { PrecomputedTransaction } from '@btcp2p/script';
import type { OutPoint, Transaction } from '@btcp2p/wire';
import type { Lock } from './lock.ts';
import { nodeHashes } from './node-hashes.ts';
import type { Signer } from './signer.ts';

/** An output that can be spent, and how. */
export interface Coin {
  readonly outPoint: OutPoint;
  /** Satoshis. */
  readonly value: bigint;
  readonly lock: Lock;
}

/** Most inputs, and most outputs, of a payment. */
export const MAX_PARTS = 3;

/** Satoshis of the dearest fee. */
const MAX_FEE = 5_000;

/** No output gets less than a hundredth part of what another one of its payment gets. */
const MAX_SHARE = 100;

/** RBF, as most wallets have it, and no relative lock time (BIP 125, BIP 68). */
const SEQUENCE = 0xffff_fffd;

/** A way to spend so many satoshis: the fee, and what each output gets. */
export interface Split {
  readonly fee: bigint;
  readonly values: readonly bigint[];
}

/**
 * Splits a sum at random. No part is 0.
 *
 * @param total satoshis, at least 2
 * @param count how many outputs there are to be; there are fewer if they would be too small
 */
export function split(total: bigint, count: number, rng: Rng): Split {
  const wanted = BigInt(1 + rng.below(MAX_FEE));
  const fee = wanted > total / 2n ? total / 2n : wanted;
  let left = total - fee;
  const outputs = left < BigInt(count * MAX_SHARE) ? 1 : count;
  const shares = Array.from({ length: outputs }, () => 1 + rng.below(MAX_SHARE));
  let shareSum = shares.reduce((sum, share) => sum + share, 0);
  const values = shares.map((share) => {
    const value = (left * BigInt(share)) / BigInt(shareSum);
    left -= value;
    shareSum -= share;
    return value;
  });
  return { fee, values };
}

/** A signed payment. */
export function pay(
  coins: readonly Coin[],
  outputs: readonly (Pick<Coin, 'value' | 'lock'>)[],
  signer: Signer,
): Transaction {
  const unsigned: Transaction = {
    version: 2,
    inputs: coins.map(({ outPoint }) => ({
      prevout: outPoint, scriptSig: new Uint8Array(0), sequence: SEQUENCE, witness: [],
    })),
    outputs: outputs.map(({ value, lock }) => ({ value, scriptPubKey: lock.scriptPubKey })),
    lockTime: 0,
  };
  const spent = coins.map(({ value, lock }) => ({ value, scriptPubKey: lock.scriptPubKey }));
  const precomputed = PrecomputedTransaction.of(unsigned, spent, nodeHashes);
  const inputs = unsigned.inputs.map((input, i) => ({
    ...input, ...coins[i]!.lock.unlock(precomputed, i, signer),
  }));
  return { ...unsigned, inputs };
}
