import type { HeaderEntry } from '@btcp2p/consensus';
import type { ChainContext } from '../chain-context.ts';
import { asHash, asInt32 } from '../convert.ts';
import { JsonNumber, type JsonValue } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import { findBlock } from './chain-part.ts';

/**
 * A block by its hash, or by its height in the chain (Core `ParseHashOrHeight`, rpc/blockchain.cpp).
 *
 * @throws RpcError
 */
export function blockByHashOrHeight(chain: ChainContext, value: JsonValue): HeaderEntry {
  if (!(value instanceof JsonNumber)) return findBlock(chain, asHash(value, 'hash_or_height'));
  const height = asInt32(value);
  const target = `Target block height ${height}`;
  if (height < 0) throw new RpcError(RPC_INVALID_PARAMETER, `${target} is negative`);
  const entry = chain.chain.at(height);
  if (entry !== undefined) return entry;
  throw new RpcError(RPC_INVALID_PARAMETER, `${target} after current tip ${chain.chain.height}`);
}
