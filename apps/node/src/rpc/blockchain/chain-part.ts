import type { HeaderEntry } from '@btcp2p/consensus';
import { hashToHex } from '@btcp2p/wire';
import type { ChainContext } from '../chain-context.ts';
import { RPC_INVALID_ADDRESS_OR_KEY, RpcError } from '../rpc-error.ts';
import type { RpcMethod } from '../rpc-method.ts';

/** The part of the node that the methods of the chain work on. */
export interface ChainPart {
  readonly chain: ChainContext;
}

/** A method of the chain. */
export type ChainMethod = RpcMethod<ChainPart>;

/** The header of a hash in wire order. @throws RpcError if there is none */
export function findBlock({ headers }: ChainContext, hash: Uint8Array): HeaderEntry {
  const entry = headers.find(hash);
  if (entry === undefined) throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Block not found');
  return entry;
}

/** The hash of a block, in hex. */
export function blockHashHex({ headers }: ChainContext, entry: HeaderEntry): string {
  return hashToHex(headers.hash(entry));
}
