import { readFileSync } from 'node:fs';

/** Where a JSON-RPC server of Core's kind is. */
export interface RpcServer {
  /** It listens at 127.0.0.1 here. */
  readonly port: number;
  /** Path of the file with its password, `.cookie` in the directory of the chain. */
  readonly cookie: string;
}

/**
 * Calls an RPC.
 *
 * @throws Error with the server's message, or because it is not there
 */
export async function callRpc<T = unknown>(
  server: RpcServer,
  method: string,
  ...params: readonly unknown[]
): Promise<T> {
  const cookie = readFileSync(server.cookie, 'utf8');
  const response = await fetch(`http://127.0.0.1:${server.port}/`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
    body: JSON.stringify({ jsonrpc: '1.0', id: method, method, params }),
  });
  const { result, error } = (await response.json()) as {
    readonly result: T;
    readonly error: { readonly message: string } | null;
  };
  if (error !== null) throw new Error(`${method}: ${error.message}`);
  return result;
}
