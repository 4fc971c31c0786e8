import {
  DecodeError,
  encode,
  equalHashes,
  Reader,
  sha256d,
  txid,
  varBytes,
  type BlockView,
  type Sha256d,
  type Transaction,
  type TxOut,
} from '@btcp2p/wire';
import { commitmentOutput } from './commitment-output.ts';
import { merkleRoot } from './merkle.ts';
import type { ConsensusParams } from './params.ts';
import { BlockScriptFlags } from './script-flags.ts';
import { concat, pushOf, scriptOperations } from './script-operations.ts';

/** The 4 bytes that a push starts with which carries a solution (BIP 325; Core `SIGNET_HEADER`). */
const SIGNET_HEADER = /* @__PURE__ */ Uint8Array.of(0xec, 0xc7, 0xda, 0xa2);

/**
 * The script rules that solutions are under (Core `BLOCK_SCRIPT_VERIFY_FLAGS`, signet.cpp): those
 * bits of `ScriptVerifyFlags`.
 */
export const SIGNET_SCRIPT_FLAGS: BlockScriptFlags =
  BlockScriptFlags.P2SH |
  BlockScriptFlags.WITNESS |
  BlockScriptFlags.DERSIG |
  BlockScriptFlags.NULLDUMMY;

/** Two transactions that exist nowhere: what signs a signet's block signs the second (BIP 325). */
export interface SignetTransactions {
  /** Its one output has the challenge as its script, and no value. It commits to the block. */
  readonly toSpend: Transaction;
  /** Spends that output: `scriptSig` and `witness` of its one input are the block's solution. */
  readonly toSign: Transaction;
}

/** Says whether the one input of `toSign` satisfies the script of the output it spends. */
export type SignetVerifier = (
  transactions: SignetTransactions,
  /** {@link SIGNET_SCRIPT_FLAGS}. */
  flags: BlockScriptFlags,
) => boolean;

/**
 * The 4 bytes in front of every v1 message of the signet with this challenge (BIP 325 §Message
 * start; Core `SigNetParams`, kernel/chainparams.cpp).
 */
export function signetMagic(challenge: Uint8Array, hash: Sha256d = sha256d): Uint8Array {
  return hash(encode(varBytes(), challenge)).slice(0, 4);
}

/**
 * The solution in a coinbase: what follows `ecc7daa2` in a push of the output that commits to the
 * witnesses (BIP 325); undefined if there is none, which is fine for a challenge that needs none.
 */
export function signetSolution(coinbase: Transaction): Uint8Array | undefined {
  const output = coinbase.outputs[commitmentOutput(coinbase)];
  return output && takeSolution(output.scriptPubKey)?.solution;
}

/**
 * The two transactions for a block; undefined if it has no commitment to witnesses, or a solution
 * that is not a scriptSig and a witness stack and nothing more (BIP 325; Core `SignetTxs::Create`,
 * signet.cpp).
 *
 * @param challenge the network's script
 * @param txids of all its transactions, if known
 */
export function signetTransactions(
  block: BlockView,
  challenge: Uint8Array,
  hash: Sha256d = sha256d,
  txids: readonly Uint8Array[] = block.txids(hash),
): SignetTransactions | undefined {
  if (block.transactionCount === 0) return undefined;
  const coinbase = block.transaction(0);
  const index = commitmentOutput(coinbase);
  const output = coinbase.outputs[index];
  if (output === undefined) return undefined;
  const taken = takeSolution(output.scriptPubKey);
  const solution = taken === undefined ? NO_SOLUTION : parseSolution(taken.solution);
  if (solution === undefined) return undefined;
  const outputs = coinbase.outputs.with(index, { ...output, ...taken?.output });
  const leaves = [txid({ ...coinbase, outputs }, hash), ...txids.slice(1)];
  const commitment = blockCommitment(block, merkleRoot(leaves, hash).root);
  const toSpend = virtualTransaction(
    { txid: new Uint8Array(32), index: 0xffff_ffff },
    { scriptSig: concat([OP_0, pushOf(commitment)]), witness: [] },
    challenge,
  );
  const prevout = { txid: txid(toSpend, hash), index: 0 };
  return { toSpend, toSign: virtualTransaction(prevout, solution, OP_RETURN) };
}

/**
 * Whether a block has what its network's challenge asks for; always on networks without one, and
 * for genesis (BIP 325; Core `CheckSignetBlockSolution`, signet.cpp). Otherwise the reason is
 * `bad-signet-blksig`.
 */
export function isSignetBlockSolved(
  block: BlockView,
  params: ConsensusParams,
  verify: SignetVerifier,
  hash: Sha256d = sha256d,
  txids?: readonly Uint8Array[],
): boolean {
  const { signetChallenge, genesisHash } = params;
  if (signetChallenge === undefined || equalHashes(block.hash(hash), genesisHash)) return true;
  const transactions = signetTransactions(block, signetChallenge, hash, txids);
  return transactions !== undefined && verify(transactions, SIGNET_SCRIPT_FLAGS);
}

const OP_0 = /* @__PURE__ */ Uint8Array.of(0x00);
const OP_RETURN = /* @__PURE__ */ Uint8Array.of(0x6a);

interface Solution {
  readonly scriptSig: Uint8Array;
  readonly witness: readonly Uint8Array[];
}

const NO_SOLUTION: Solution = { scriptSig: /* @__PURE__ */ new Uint8Array(0), witness: [] };

/** A scriptSig and a witness stack, as in a transaction; undefined for anything else. */
function parseSolution(bytes: Uint8Array): Solution | undefined {
  const reader = new Reader(bytes);
  try {
    const scriptSig = reader.varBytes();
    const witness: Uint8Array[] = [];
    for (let left = reader.compactSize(); left > 0; left--) witness.push(reader.varBytes());
    reader.end();
    return { scriptSig, witness };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

interface TakenSolution {
  readonly solution: Uint8Array;
  readonly output: Pick<TxOut, 'scriptPubKey'>;
}

/**
 * Cuts the solution out of a script: the first push that is longer than the header and starts with
 * it keeps the header alone. The rest is written anew, as Core does, which changes pushes of
 * needless length and drops a last one that runs past the end.
 */
function takeSolution(script: Uint8Array): TakenSolution | undefined {
  let solution: Uint8Array | undefined;
  const parts: Uint8Array[] = [];
  for (const { opcode, data } of scriptOperations(script)) {
    if (solution === undefined && isSolution(data)) {
      solution = data.subarray(SIGNET_HEADER.length);
      parts.push(pushOf(SIGNET_HEADER));
    } else {
      // Of a push of nothing, its opcode is left without the length.
      parts.push(data.length > 0 ? pushOf(data) : Uint8Array.of(opcode));
    }
  }
  return solution && { solution, output: { scriptPubKey: concat(parts) } };
}

function isSolution(data: Uint8Array): boolean {
  const { length } = SIGNET_HEADER;
  return data.length > length && SIGNET_HEADER.every((byte, i) => data[i] === byte);
}

/** What is signed of a block: version, parent, the root without the solution, time; 72 bytes. */
function blockCommitment({ headerBytes }: BlockView, root: Uint8Array): Uint8Array {
  return concat([headerBytes.subarray(0, 36), root, headerBytes.subarray(68, 72)]);
}

function virtualTransaction(
  prevout: { readonly txid: Uint8Array; readonly index: number },
  solution: Solution,
  scriptPubKey: Uint8Array,
): Transaction {
  const input = { prevout, ...solution, sequence: 0 };
  return { version: 0, inputs: [input], outputs: [{ value: 0n, scriptPubKey }], lockTime: 0 };
}
