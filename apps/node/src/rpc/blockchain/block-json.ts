import type { TxUndo } from '@btcp2p/chainstate';
import type { HeaderEntry } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import { hashToHex, type BlockView } from '@btcp2p/wire';
import { bitsHex, difficultyOf, targetHex } from '../../mining/difficulty.ts';
import type { ChainContext } from '../chain-context.ts';
import { JsonText, type JsonMembers, type JsonOutput } from '../json-value.ts';
import { RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';
import { decodedView } from '../transactions/decode-transaction.ts';
import { transactionToJson } from '../transactions/transaction-json.ts';
import { Turns } from '../turns.ts';
import { writeJson } from '../write-json.ts';
import { undoOf } from './block-undo.ts';
import { blockHashHex } from './chain-part.ts';


/** Work in 64 hex digits. */
export function workHex(work: bigint): string {
  return work.toString(16).padStart(64, '0');
}

/**
 * A header as RPCs show it (Core `blockheaderToJSON`, rpc/blockchain.cpp).
 *
 * @param transactions of the block; 0 if it has not been here
 */
export function headerToJson(
  chain: ChainContext,
  entry: HeaderEntry,
  transactions: number,
): JsonMembers {
  const { headers } = chain;
  const { version, merkleRoot, nonce } = headers.header(entry);
  const height = headers.height(entry);
  const bits = headers.bits(entry);
  const isActive = chain.chain.contains(entry);
  const parent = headers.parent(entry);
  const next = isActive ? chain.chain.at(height + 1) : undefined;
  return {
    hash: blockHashHex(chain, entry),
    confirmations: isActive ? chain.chain.height - height + 1 : -1,
    height,
    version,
    versionHex: (version >>> 0).toString(16).padStart(8, '0'),
    merkleroot: hashToHex(merkleRoot),
    time: headers.time(entry),
    mediantime: headers.medianTimePast(entry),
    nonce,
    bits: bitsHex(bits),
    target: targetHex(bits),
    difficulty: difficultyOf(bits),
    chainwork: workHex(headers.chainWork(entry)),
    nTx: transactions,
    previousblockhash: parent === undefined ? undefined : blockHashHex(chain, parent),
    nextblockhash: next === undefined ? undefined : blockHashHex(chain, next),
  };
}

/** How much of its transactions a block shows. */
export type BlockDetail = 'txids' | 'transactions' | 'prevouts';

/** A block as RPCs show it (Core `blockToJSON`, rpc/blockchain.cpp). */
export async function blockToJson(
  chain: ChainContext,
  entry: HeaderEntry,
  block: BlockView,
  detail: BlockDetail,
): Promise<JsonMembers> {
  const undo = detail === 'txids' ? undefined : await undoOf(chain, entry);
  const transactions = await transactionsToJson(chain, block, detail, undo);
  return {
    ...headerToJson(chain, entry, block.transactionCount),
    strippedsize: block.strippedSize,
    size: block.size,
    weight: block.weight,
    tx: transactions,
  };
}

async function transactionsToJson(
  { network }: ChainContext,
  block: BlockView,
  detail: BlockDetail,
  undo: readonly TxUndo[] | undefined,
): Promise<JsonOutput[]> {
  const turns = new Turns();
  const shown: JsonOutput[] = [];
  for (let i = 0; i < block.transactionCount; i++) {
    if (turns.isOver) await turns.pass();
    if (detail === 'txids') {
      shown.push(hashToHex(block.txid(i, nativeSha256d)));
      continue;
    }
    const options = {
      chain: network.chain,
      undo: i === 0 ? undefined : undo?.[i - 1],
      prevouts: detail === 'prevouts',
      turns,
    };
    const transaction = await transactionToJson(decodedView(block.transactionView(i)), options);
    // All together they are megabytes, which take too long to be written at once.
    shown.push(new JsonText('object', writeJson(transaction)));
  }
  return shown;
}

/** A stored block. @throws RpcError if it is not stored */
export async function readStoredBlock(chain: ChainContext, entry: HeaderEntry): Promise<BlockView> {
  if (!chain.chain.hasBlock(entry)) throw await notStored(chain, entry);
  const block = await chain.readBlock(chain.headers.hash(entry));
  if (block !== undefined) return block;
  // It was stored a moment ago: it was deleted since, or its file is gone.
  if (!chain.chain.hasBlock(entry)) throw await notStored(chain, entry);
  throw new RpcError(RPC_MISC_ERROR, 'Block not found on disk');
}

/** Why there is no block (Core `CheckBlockDataAvailability`, rpc/blockchain.cpp). */
async function notStored(chain: ChainContext, entry: HeaderEntry): Promise<RpcError> {
  const [facts] = await chain.query({ type: 'block-facts', entries: [entry] });
  // A block that was here is only not stored any more because its file was deleted; one that is here
  // now has come since it was asked for.
  const why = facts!.transactions > 0 && !facts!.hasData ? 'pruned data' : 'not fully downloaded';
  return new RpcError(RPC_MISC_ERROR, `Block not available (${why})`);
}
