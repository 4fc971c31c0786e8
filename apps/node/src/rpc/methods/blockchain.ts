import { blockMethods } from '../blockchain/blocks.ts';
import { chainChoiceMethods } from '../blockchain/chain-choice.ts';
import { chainInfoMethods } from '../blockchain/chain-info.ts';
import type { ChainMethod } from '../blockchain/chain-part.ts';
import { chainTipMethods } from '../blockchain/chain-tips.ts';
import { coinMethods } from '../blockchain/coins.ts';
import { deploymentMethods } from '../blockchain/deployments.ts';

/** The methods about the chain of blocks (Core rpc/blockchain.cpp). */
export const blockchainMethods: readonly ChainMethod[] = [
  ...blockMethods,
  ...chainInfoMethods,
  ...chainTipMethods,
  ...chainChoiceMethods,
  ...deploymentMethods,
  ...coinMethods,
];
