import { ChainQueryError, SHUTTING_DOWN } from '../../chain/chain-query-error.ts';
import type { QueryJob, QueryResults } from '../../chain/chain-messages.ts';
import type { ChainContext } from '../chain-context.ts';
import { RPC_CLIENT_NOT_CONNECTED, RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';

/** What becomes of a refusal of the chain thread. */
export interface QueryRefusal {
  /** The code of the error, or what tells it by the message. */
  readonly code?: number | ((message: string) => number);
  /** In place of the message. */
  readonly text?: string;
}

/**
 * Asks the chain thread something that may take long, or that it may refuse.
 *
 * @param refusal what the error is if it refuses; its own words if nothing is said
 * @throws RpcError
 */
export async function longQuery<T extends QueryJob['type']>(
  chain: ChainContext,
  job: Extract<QueryJob, { type: T }>,
  { code = RPC_MISC_ERROR, text }: QueryRefusal = {},
): Promise<QueryResults[T]> {
  try {
    return await chain.query<T>(job);
  } catch (error) {
    if (!(error instanceof ChainQueryError)) throw error;
    if (error.message === SHUTTING_DOWN) throw new RpcError(RPC_CLIENT_NOT_CONNECTED, SHUTTING_DOWN);
    const { message } = error;
    const known = typeof code === 'number' ? code : code(message);
    throw new RpcError(known, text ?? message, { cause: error });
  }
}
