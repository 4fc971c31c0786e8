// Random blocks for a BlockWorld: valid ones, and ones with a fault that Core has a word for.
import { blockSubsidy, heightScript } from '@btcp2p/consensus';
import type { Transaction } from '@btcp2p/wire';
import {
  ANY_WITNESS, BlockWorld, OP_FALSE, OP_TRUE, params, pay,
  type BlockOptions, type Placed, type Stage, type WorldBlock,
} from './block-world.ts';
import { spend, type Draws } from './support.ts';

const SCRIPTS = [OP_TRUE, OP_TRUE, OP_TRUE, ANY_WITNESS, OP_FALSE, Uint8Array.of(0x51, 0x51)];

/** A block that obeys the rules if its ancestors do. */
export function validBlock(world: BlockWorld, parent: WorldBlock, draws: Draws): WorldBlock {
  return world.make(parent, randomPayments(world, parent, draws));
}

function randomPayments(
  world: BlockWorld,
  parent: WorldBlock,
  draws: Draws,
): { readonly transactions: Transaction[]; readonly fees: bigint } {
  const coins = world.spendable(parent);
  const transactions: Transaction[] = [];
  let fees = 0n;
  for (let left = draws.below(4); left > 0 && coins.length > 0; left--) {
    const spent = coins.splice(draws.below(coins.length), 1 + draws.below(2));
    const scripts = Array.from({ length: 1 + draws.below(3) }, () => SCRIPTS[draws.below(6)]!);
    const fee = BigInt(draws.below(9));
    fees += fee;
    const made = pay(spent, scripts, fee);
    transactions.push(made);
    // What it makes may be spent in the same block.
    const txid = BlockWorld.txid(made);
    for (const [index, { value, scriptPubKey }] of made.outputs.entries()) {
      const coin = { value, scriptPubKey, height: parent.height + 1, isCoinbase: false };
      if (scriptPubKey[0] !== 0 && value > 10n) coins.push({ outPoint: { txid, index }, coin });
    }
  }
  return { transactions, fees };
}

type Maker = (context: {
  readonly world: BlockWorld;
  readonly parent: WorldBlock;
  readonly draws: Draws;
  readonly coin: Placed;
}) => Omit<BlockOptions, 'fault'> | undefined;

const SCRIPT_FALSE =
  'block-script-verify-flag-failed (Script evaluated without error but finished with a false/empty ' +
  'top stack element)';

/** When it is found, Core's reason, and how it is made. */
export const FAULTS: readonly (readonly [Stage, string, Maker])[] = [
  ['check', 'bad-cb-multiple', ({ parent }) => ({ transactions: [coinbaseLike(parent.height + 1)] })],
  ['check', 'bad-cb-length', ({ draws }) => ({ coinbaseScript: draws.bytes(101) })],
  ['check', 'bad-txns-vout-negative', ({ coin }) => ({ transactions: [spend([coin.outPoint], [[-1n]])] })],
  ['check', 'bad-txns-vout-empty', ({ coin }) => ({ transactions: [spend([coin.outPoint], [])] })],
  ['check', 'bad-txns-inputs-duplicate', ({ coin: { outPoint } }) => (
    { transactions: [spend([outPoint, outPoint], [[1n]])] })],
  ['check', 'bad-blk-sigops', () => (
    { extraOutputs: [{ value: 0n, scriptPubKey: new Uint8Array(20_001).fill(0xac) }] })],
  ['check', 'bad-txnmrklroot', () => ({ root: (root) => root.with(0, root[0]! ^ 1) })],
  // Of three leaves the last one twice has the same root (CVE-2012-2459).
  ['check', 'bad-txns-duplicate', ({ world, parent }) => {
    const [first, second] = world.spendable(parent);
    if (first === undefined || second === undefined) return undefined;
    const transactions = [pay([first], [OP_TRUE]), pay([second], [OP_TRUE])];
    return { transactions, body: (all) => [...all, all.at(-1)!] };
  }],
  ['context', 'bad-txns-nonfinal', ({ coin, parent }) => {
    const made = spend([coin.outPoint], [[1n]]);
    const inputs = made.inputs.map((input) => ({ ...input, sequence: 0 }));
    return { transactions: [{ ...made, inputs, lockTime: parent.height + 1 }] };
  }],
  ['context', 'bad-cb-height', ({ parent, draws }) => (
    { coinbaseScript: Uint8Array.of(...heightScript(parent.height + 2), ...draws.bytes(4)) })],
  ['mutated', 'bad-witness-merkle-match', () => ({ commitment: 'bad' })],
  ['mutated', 'bad-witness-nonce-size', () => ({ commitment: 'good', reserved: new Uint8Array(31) })],
  ['mutated', 'unexpected-witness', ({ world, parent }) => {
    const coin = world.spendable(parent).find((one) => one.coin.scriptPubKey === ANY_WITNESS);
    return coin && { transactions: [pay([coin], [OP_TRUE])], commitment: 'none' };
  }],
  ['connect', 'bad-cb-amount', () => ({ fees: 1n })],
  ['connect', 'bad-txns-inputs-missingorspent', ({ draws }) => (
    { transactions: [spend([{ txid: draws.bytes(32), index: 0 }], [[1n]])] })],
  ['connect', 'bad-txns-inputs-missingorspent', ({ coin }) => (
    { transactions: [pay([coin], [OP_TRUE]), pay([coin], [OP_FALSE])] })],
  ['connect', 'bad-txns-in-belowout', ({ coin }) => (
    { transactions: [spend([coin.outPoint], [[coin.coin.value + 1n]])] })],
  ['connect', 'bad-txns-premature-spend-of-coinbase', ({ world, parent }) => {
    const young = [...world.coinsAt(parent).values()].find(({ coin }) =>
      coin.isCoinbase && coin.height > parent.height - 98);
    return young && { transactions: [pay([young], [OP_TRUE])] };
  }],
  ['connect', 'bad-txns-nonfinal', ({ coin, parent }) => {
    const made = pay([coin], [OP_TRUE]);
    const sequence = parent.height + 2 - coin.coin.height;
    return { transactions: [{ ...made, inputs: [{ ...made.inputs[0]!, sequence }] }] };
  }],
  ['connect', SCRIPT_FALSE, ({ world, parent }) => {
    const shut = [...world.coinsAt(parent).values()].find(({ coin }) => coin.scriptPubKey === OP_FALSE);
    return shut && { transactions: [pay([shut], [OP_TRUE])] };
  }],
];

/** A block with a fault; a valid one if the fault that was drawn cannot be made there. */
export function faultyBlock(world: BlockWorld, parent: WorldBlock, draws: Draws): WorldBlock {
  const [stage, reason, make] = FAULTS[draws.below(FAULTS.length)]!;
  const coins = world.spendable(parent);
  const options = coins.length === 0
    ? undefined
    : make({ world, parent, draws, coin: coins[draws.below(coins.length)]! });
  if (options === undefined) return validBlock(world, parent, draws);
  return world.make(parent, { ...options, fault: { stage, reason } });
}

/** Whether a block and all before it obey the rules. */
export function isValid(block: WorldBlock): boolean {
  for (let at: WorldBlock | undefined = block; at !== undefined; at = at.parent) {
    if (at.fault !== undefined) return false;
  }
  return true;
}

function coinbaseLike(height: number): Transaction {
  const none = { txid: new Uint8Array(32), index: 0xffff_ffff };
  const made = spend([none], [[blockSubsidy(height, params)]]);
  return { ...made, inputs: [{ ...made.inputs[0]!, scriptSig: Uint8Array.of(1, 1, 1) }] };
}
