import { ChainQueryError, SHUTTING_DOWN } from '../../chain/chain-query-error.ts';
import type { QueryJob, QueryResults } from '../../chain/chain-messages.ts';
import type { ChainContext } from '../chain-context.ts';
import { RPC_CLIENT_NOT_CONNECTED, RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';

/**
 * Asks the chain thread something that may take long, or that it may refuse.
 *
 * @param code of the error if it refuses
 * @throws RpcError
 */
export async function longQuery<T extends QueryJob['type']>(
  chain: ChainContext,
  job: Extract<QueryJob, { type: T }>,
  code = RPC_MISC_ERROR,
): Promise<QueryResults[T]> {
  try {
    return await chain.query<T>(job);
  } catch (error) {
    if (!(error instanceof ChainQueryError)) throw error;
    const isEnd = error.message === SHUTTING_DOWN;
    throw new RpcError(isEnd ? RPC_CLIENT_NOT_CONNECTED : code, error.message, { cause: error });
  }
}
