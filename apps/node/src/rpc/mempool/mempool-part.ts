import type { MempoolOptions } from '../../mempool-options.ts';
import type { ChainPart } from '../blockchain/chain-part.ts';
import type { RpcMethod } from '../rpc-method.ts';

/** The part of the node that the methods of the mempool work on: it is in the thread of the chain. */
export interface MempoolPart extends ChainPart {
  readonly mempool: MempoolOptions;
}

/** A method of the mempool. */
export type MempoolMethod = RpcMethod<MempoolPart>;
