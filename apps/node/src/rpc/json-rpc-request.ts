import { JsonObject, type JsonOutput, type JsonValue } from './json-value.ts';
import { RPC_INVALID_REQUEST, RpcError } from './rpc-error.ts';

/** How a client is answered: as JSON-RPC 1.0 and 1.1 have it, or as 2.0 does. */
export type JsonRpcVersion = 'legacy' | '2.0';

/** The part of a request that its answer needs, whatever else is wrong with it. */
export interface ReplyTo {
  /** As it was sent; undefined: none was, and the answer has none. */
  readonly id: JsonValue | undefined;
  readonly version: JsonRpcVersion;
}

/** What is answered to where no request could be read. */
export const NO_REQUEST: ReplyTo = { id: null, version: 'legacy' };

/** A call, or what is wrong with it. */
export type JsonRpcRequest =
  | {
      readonly type: 'call';
      readonly replyTo: ReplyTo;
      readonly method: string;
      readonly params: readonly JsonValue[] | JsonObject;
    }
  | { readonly type: 'invalid'; readonly replyTo: ReplyTo; readonly error: RpcError };

/** Reads a request (Core `JSONRPCRequest::parse`, rpc/request.cpp). */
export function parseRequest(value: JsonValue): JsonRpcRequest {
  if (!(value instanceof JsonObject)) return invalid(NO_REQUEST, 'Invalid Request object');
  const id = value.has('id') ? value.get('id') : undefined;
  const jsonrpc = value.get('jsonrpc');
  const replyTo: ReplyTo = { id, version: jsonrpc === '2.0' ? '2.0' : 'legacy' };
  if (jsonrpc !== null && typeof jsonrpc !== 'string') {
    return invalid(replyTo, 'jsonrpc field must be a string');
  }
  if (jsonrpc !== null && jsonrpc !== '1.0' && jsonrpc !== '2.0') {
    return invalid(replyTo, 'JSON-RPC version not supported');
  }
  const method = value.get('method');
  if (method === null) return invalid(replyTo, 'Missing method');
  if (typeof method !== 'string') return invalid(replyTo, 'Method must be a string');
  const params = value.get('params') ?? [];
  if (!Array.isArray(params) && !(params instanceof JsonObject)) {
    return invalid(replyTo, 'Params must be an array or object');
  }
  return { type: 'call', replyTo, method, params: params as readonly JsonValue[] | JsonObject };
}

function invalid(replyTo: ReplyTo, message: string): JsonRpcRequest {
  return { type: 'invalid', replyTo, error: new RpcError(RPC_INVALID_REQUEST, message) };
}

/** Whether the client wants no answer: 2.0's requests without an id. */
export function isNotification({ id, version }: ReplyTo): boolean {
  return version === '2.0' && id === undefined;
}

/** The answer to a call: 2.0 has either a result or an error, before it there are always both. */
export function reply({ id, version }: ReplyTo, outcome: JsonOutput | RpcError): JsonOutput {
  const isError = outcome instanceof RpcError;
  const result = isError ? null : outcome;
  const error = isError ? outcome.toJson() : null;
  return {
    ...(version === '2.0' && { jsonrpc: '2.0' }),
    ...(version === '2.0' ? (isError ? { error } : { result }) : { result, error }),
    ...(id !== undefined && { id }),
  };
}
