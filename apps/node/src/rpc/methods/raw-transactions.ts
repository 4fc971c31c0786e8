import type { ChainPart } from '../blockchain/chain-part.ts';
import type { RpcMethod } from '../rpc-method.ts';
import { createRawTransactionMethods } from '../transactions/create-raw-transaction.ts';
import { decodeScriptMethods } from '../transactions/decode-script.ts';
import { getRawTransactionMethods } from '../transactions/get-raw-transaction.ts';
import { decodeMethods } from '../transactions/decode-methods.ts';
import { submitTransactionMethods } from '../transactions/submit-transaction.ts';
import type { MempoolPart } from '../mempool/mempool-part.ts';

/** The methods about transactions as bytes (Core rpc/rawtransaction.cpp, and rpc/mempool.cpp). */
export const rawTransactionMethods: readonly RpcMethod<ChainPart & MempoolPart>[] = [
  ...getRawTransactionMethods,
  ...createRawTransactionMethods,
  ...decodeMethods,
  ...decodeScriptMethods,
  ...submitTransactionMethods,
];
