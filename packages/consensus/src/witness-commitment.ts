import { sha256d, type BlockView, type Sha256d, type Transaction } from '@btcp2p/wire';
import { mutatedBlock, type InvalidBlock } from './check-block.ts';
import {
  COMMITMENT_HEADER,
  commitmentOutput,
  MINIMUM_WITNESS_COMMITMENT,
} from './commitment-output.ts';
import { merkleRoot } from './merkle.ts';

/**
 * The hash that a coinbase commits to the witnesses of its block with: 32 bytes of the last output
 * that has such a commitment (BIP 141; Core `GetWitnessCommitmentIndex`, consensus/validation.h).
 */
export function witnessCommitment(coinbase: Transaction): Uint8Array | undefined {
  const output = coinbase.outputs[commitmentOutput(coinbase)];
  return output?.scriptPubKey.slice(COMMITMENT_HEADER.length, MINIMUM_WITNESS_COMMITMENT);
}

/**
 * The root of the tree of wtxids in which the coinbase counts as 0 (BIP 141; Core
 * `BlockWitnessMerkleRoot`, consensus/merkle.cpp).
 *
 * @param txids of all transactions, if known: where there is no witness, the wtxid is the txid
 */
export function witnessMerkleRoot(
  block: BlockView,
  hash: Sha256d = sha256d,
  txids?: readonly Uint8Array[],
): Uint8Array {
  const wtxids: Uint8Array[] = [new Uint8Array(32)];
  const messages: Uint8Array[] = [];
  const places: number[] = [];
  for (let i = 1; i < block.transactionCount; i++) {
    const known = block.hasWitness(i) ? undefined : txids?.[i];
    if (known === undefined) {
      places.push(i);
      messages.push(block.transactionBytes(i));
    }
    wtxids.push(known ?? new Uint8Array(0));
  }
  const hashes = hash.many?.(messages) ?? messages.map((bytes) => hash(bytes));
  places.forEach((place, i) => (wtxids[place] = hashes[i]!));
  return merkleRoot(wtxids, hash).root;
}

/**
 * Whether the witnesses are those that the coinbase commits to, and there are none where it commits
 * to none (Core `CheckWitnessMalleation`, validation.cpp). The block has a coinbase.
 *
 * @param expected whether BIP 141 holds: without it, commitments mean nothing
 */
export function checkWitnesses(
  block: BlockView,
  coinbase: Transaction,
  expected: boolean,
  hash: Sha256d,
  txids?: readonly Uint8Array[],
): InvalidBlock | undefined {
  const commitment = expected ? witnessCommitment(coinbase) : undefined;
  if (commitment === undefined) return checkNoWitness(block);
  const [reserved, ...others] = coinbase.inputs[0]!.witness;
  if (reserved?.length !== 32 || others.length > 0) {
    return mutatedBlock('bad-witness-nonce-size', fault('invalid witness reserved value size'));
  }
  const both = new Uint8Array(64);
  both.set(witnessMerkleRoot(block, hash, txids), 0);
  both.set(reserved, 32);
  if (hash(both).every((byte, i) => byte === commitment[i])) return undefined;
  return mutatedBlock('bad-witness-merkle-match', fault('witness merkle commitment mismatch'));
}

function checkNoWitness(block: BlockView): InvalidBlock | undefined {
  for (let i = 0; i < block.transactionCount; i++) {
    if (block.hasWitness(i)) {
      return mutatedBlock('unexpected-witness', fault('unexpected witness data found'));
    }
  }
  return undefined;
}

/** Core's function name is part of its log line. */
function fault(sentence: string): string {
  return `CheckWitnessMalleation : ${sentence}`;
}
