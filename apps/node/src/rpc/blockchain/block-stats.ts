import { isUnspendable, type Coin, type TxUndo } from '@btcp2p/chainstate';
import { blockSubsidy, isBip30Repeat, type HeaderEntry } from '@btcp2p/consensus';
import { varBytesSize, WITNESS_SCALE_FACTOR, type BlockView, type TxOut } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { asArray, asString } from '../convert.ts';
import type { JsonOutput } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcResult } from '../rpc-result.ts';
import { Turns } from '../turns.ts';
import { readStoredBlock } from './block-json.ts';
import { undoChecked } from './block-undo.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';
import { blockByHashOrHeight } from './hash-or-height.ts';
import { median, percentilesByWeight } from './medians.ts';

/** Bytes of an outpoint, a height and the coinbase bit (Core `PER_UTXO_OVERHEAD`). */
const COIN_OVERHEAD = 36 + 4 + 1;

const DESCRIPTIONS = {
  avgfee: 'The mean fee',
  avgfeerate: 'The fee rate of all together, in satoshis per virtual byte',
  avgtxsize: 'The mean size',
  blockhash: 'The hash of the block',
  height: 'The height of the block',
  ins: 'Inputs, that of the coinbase not counted',
  maxfee: 'The highest fee',
  maxfeerate: 'The highest fee rate',
  maxtxsize: 'The largest size',
  medianfee: 'The median fee, rounded down',
  mediantime: 'The median of the times of the block and the 10 before it',
  mediantxsize: 'The median size, rounded down',
  minfee: 'The lowest fee',
  minfeerate: 'The lowest fee rate',
  mintxsize: 'The smallest size',
  outs: 'Outputs',
  subsidy: 'What the miner may make out of nothing',
  swtotal_size: 'Bytes of transactions with witnesses',
  swtotal_weight: 'The weight of transactions with witnesses',
  swtxs: 'Transactions with witnesses',
  time: 'The time of the block',
  total_out: 'What all outputs come to, those of the coinbase not counted',
  total_size: 'Bytes of all transactions but the coinbase',
  total_weight: 'The weight of all transactions but the coinbase',
  totalfee: 'All fees',
  txs: 'Transactions, the coinbase included',
  utxo_increase: 'By how many outputs there are more than before',
  utxo_size_inc: 'By how many bytes they are more',
  utxo_increase_actual: 'The same, without outputs that nobody can ever spend',
  utxo_size_inc_actual: 'The same, without outputs that nobody can ever spend',
} as const;

const PERCENTILES: RpcResult = {
  type: 'tuple', name: 'feerate_percentiles', optional: true,
  description: 'The fee rates below which 10, 25, 50, 75 and 90 percent of the weight are',
  inner: ['10th', '25th', '50th', '75th', '90th'].map((place) => ({
    type: 'number', name: `${place}_percentile_feerate`, description: `The ${place} percentile`,
  })),
};

const getblockstats: ChainMethod = {
  name: 'getblockstats',
  category: 'blockchain',
  description:
    'Tells totals, means and the like about the transactions of a block. Amounts are in satoshis.',
  params: [
    {
      name: 'hash_or_height', type: 'number', anyType: true, typeText: ['', 'string or numeric'],
      description: 'Hash or height of the block',
    },
    {
      name: 'stats', type: 'array', defaultHint: 'all values', oneLine: 'stats',
      description: 'Which of them to tell, by name',
      inner: [
        { name: 'height', type: 'string', optional: true, description: 'A name' },
        { name: 'time', type: 'string', optional: true, description: 'A name' },
      ],
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        ...Object.entries(DESCRIPTIONS).map(([name, description]): RpcResult => ({
          type: name === 'blockhash' ? 'hex' : 'number', name, optional: true, description,
        })),
        PERCENTILES,
      ],
    },
  ],
  examples: [
    exampleCli('getblockstats', '1000 \'["minfeerate","avgfeerate"]\''),
    exampleRpc('getblockstats', '1000, ["minfeerate","avgfeerate"]'),
  ],
  handler: async (args, { chain }) => {
    const entry = blockByHashOrHeight(chain, args.raw('hash_or_height'));
    const names = (args.maybe('stats', asArray) ?? []).map(asString);
    const block = await readStoredBlock(chain, entry);
    const undo = await undoChecked(chain, entry);
    const all = await statsOf(chain, entry, block, undo);
    if (names.length === 0) return all;
    const wanted = [...new Set(names)].toSorted();
    return new Map(wanted.map((name) => {
      const value = all.get(name);
      if (value !== undefined) return [name, value];
      throw new RpcError(RPC_INVALID_PARAMETER, `Invalid selected statistic '${name}'`);
    }));
  },
};

/** Sums over the transactions of a block. */
class BlockSums {
  inputs = 0;
  outputs = 0;
  /** Outputs that may be spent. */
  spendable = 0;
  /** Bytes by which coins grow, and the same without outputs that nobody can spend. */
  growth = 0;
  spendableGrowth = 0;
  totalOut = 0n;
  totalFee = 0n;
  totalSize = 0;
  totalWeight = 0;
  segwitCount = 0;
  segwitSize = 0;
  segwitWeight = 0;
  readonly fees: bigint[] = [];
  readonly rates: { readonly rate: bigint; readonly weight: number }[] = [];
  readonly sizes: number[] = [];
}

/** Core `getblockstats` (rpc/blockchain.cpp). All is worked out, whatever is asked for. */
async function statsOf(
  chain: ChainContext,
  entry: HeaderEntry,
  block: BlockView,
  undo: readonly TxUndo[],
): Promise<ReadonlyMap<string, JsonOutput>> {
  const { headers, params } = chain;
  const height = headers.height(entry);
  const isRepeat = isBip30Repeat(height, headers.hash(entry));
  const sums = new BlockSums();
  const turns = new Turns();
  for (let i = 0; i < block.transactionCount; i++) {
    const isNew = height > 0 && !(isRepeat && i === 0);
    addTransaction(sums, block, i, isNew, undo[i - 1]?.prevouts);
    if (turns.isOver) await turns.pass();
  }
  const { fees, rates, sizes, totalFee, totalSize, totalWeight } = sums;
  const count = block.transactionCount - 1;
  const feeRates = rates.map(({ rate }) => rate);
  return new Map<string, JsonOutput>([
    ['avgfee', count > 0 ? totalFee / BigInt(count) : 0],
    ['avgfeerate', totalWeight > 0 ? feeRate(totalFee, totalWeight) : 0],
    ['avgtxsize', count > 0 ? Math.trunc(totalSize / count) : 0],
    ['blockhash', blockHashHex(chain, entry)],
    ['feerate_percentiles', percentilesByWeight(rates, totalWeight)],
    ['height', height],
    ['ins', sums.inputs],
    ['maxfee', fees.reduce(larger, 0n)],
    ['maxfeerate', feeRates.reduce(larger, 0n)],
    ['maxtxsize', sizes.reduce((a, b) => Math.max(a, b), 0)],
    ['medianfee', median(fees)],
    ['mediantime', headers.medianTimePast(entry)],
    ['mediantxsize', median(sizes.map(BigInt))],
    ['minfee', count > 0 ? fees.reduce(smaller) : 0],
    ['minfeerate', count > 0 ? feeRates.reduce(smaller) : 0],
    ['mintxsize', count > 0 ? sizes.reduce((a, b) => Math.min(a, b)) : 0],
    ['outs', sums.outputs],
    ['subsidy', blockSubsidy(height, params)],
    ['swtotal_size', sums.segwitSize],
    ['swtotal_weight', sums.segwitWeight],
    ['swtxs', sums.segwitCount],
    ['time', headers.time(entry)],
    ['total_out', sums.totalOut],
    ['total_size', totalSize],
    ['total_weight', totalWeight],
    ['totalfee', totalFee],
    ['txs', block.transactionCount],
    ['utxo_increase', sums.outputs - sums.inputs],
    ['utxo_size_inc', sums.growth],
    ['utxo_increase_actual', sums.spendable - sums.inputs],
    ['utxo_size_inc_actual', sums.spendableGrowth],
  ]);
}

/** @param isNew whether its outputs are outputs that were not there before, and can be spent */
function addTransaction(
  sums: BlockSums,
  block: BlockView,
  index: number,
  isNew: boolean,
  prevouts: readonly Coin[] = [],
): void {
  const view = block.transactionView(index);
  const { inputs, outputs } = view.transaction();
  let valueOut = 0n;
  sums.outputs += outputs.length;
  for (const output of outputs) {
    valueOut += output.value;
    const size = coinSize(output);
    sums.growth += size;
    if (!isNew || isUnspendable(output.scriptPubKey)) continue;
    sums.spendable++;
    sums.spendableGrowth += size;
  }
  if (index === 0) return;
  let fee = -valueOut;
  for (const coin of prevouts) {
    fee += coin.value;
    sums.growth -= coinSize(coin);
    sums.spendableGrowth -= coinSize(coin);
  }
  const { size, weight } = view;
  sums.inputs += inputs.length;
  sums.totalOut += valueOut;
  sums.totalFee += fee;
  sums.totalSize += size;
  sums.totalWeight += weight;
  sums.fees.push(fee);
  sums.rates.push({ rate: feeRate(fee, weight), weight });
  sums.sizes.push(size);
  if (!view.hasWitness) return;
  sums.segwitCount++;
  sums.segwitSize += size;
  sums.segwitWeight += weight;
}

/** Bytes of an output and what a coin has besides. */
function coinSize({ scriptPubKey }: TxOut): number {
  return 8 + varBytesSize(scriptPubKey) + COIN_OVERHEAD;
}

/** Satoshis per virtual byte, rounded down. */
function feeRate(fee: bigint, weight: number): bigint {
  return (fee * BigInt(WITNESS_SCALE_FACTOR)) / BigInt(weight);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The method about the transactions of a block as a whole. */
export const blockStatsMethods: readonly ChainMethod[] = [getblockstats];
