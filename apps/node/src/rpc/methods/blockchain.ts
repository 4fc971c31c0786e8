import { blockStatsMethods } from '../blockchain/block-stats.ts';
import { blockFilterMethods } from '../blockchain/block-filters.ts';
import { blockMethods } from '../blockchain/blocks.ts';
import { chainChoiceMethods } from '../blockchain/chain-choice.ts';
import { chainInfoMethods } from '../blockchain/chain-info.ts';
import type { ChainPart } from '../blockchain/chain-part.ts';
import { chainStateMethods } from '../blockchain/chain-states.ts';
import { chainTipMethods } from '../blockchain/chain-tips.ts';
import { chainTransactionMethods } from '../blockchain/chain-transactions.ts';
import { chainWaitMethods } from '../blockchain/chain-wait.ts';
import { coinMethods } from '../blockchain/coins.ts';
import { deploymentMethods } from '../blockchain/deployments.ts';
import { indexInfoMethods } from '../blockchain/index-info.ts';
import { pruneMethods } from '../blockchain/prune.ts';
import { scanCoinsMethods } from '../blockchain/scan-coins.ts';
import { snapshotMethods } from '../blockchain/snapshots.ts';
import { verifyMethods } from '../blockchain/verify.ts';
import type { NetworkContext } from '../network-context.ts';
import type { RpcMethod } from '../rpc-method.ts';

/** The methods about the chain of blocks and its coins (Core rpc/blockchain.cpp). */
export const blockchainMethods: readonly RpcMethod<
  ChainPart & { readonly network: NetworkContext }
>[] = [
  ...blockMethods,
  ...blockFilterMethods,
  ...blockStatsMethods,
  ...chainInfoMethods,
  ...chainStateMethods,
  ...chainTipMethods,
  ...chainTransactionMethods,
  ...chainChoiceMethods,
  ...chainWaitMethods,
  ...deploymentMethods,
  ...coinMethods,
  ...scanCoinsMethods,
  ...snapshotMethods,
  ...pruneMethods,
  ...verifyMethods,
  ...indexInfoMethods,
];
