import { setTimeout as delay } from 'node:timers/promises';
import type { LogCategory } from '../options.ts';
import { asString } from './convert.ts';
import type { Credentials } from './credentials.ts';
import type { HttpRequestHead, HttpResponse, HttpRoute, HttpTask } from './http-server.ts';
import {
  isNotification, NO_REQUEST, parseRequest, reply, type JsonRpcRequest, type ReplyTo,
} from './json-rpc-request.ts';
import { JsonObject, type JsonOutput, type JsonValue } from './json-value.ts';
import { parseJson } from './parse-json.ts';
import {
  RPC_INVALID_REQUEST, RPC_METHOD_NOT_FOUND, RPC_PARSE_ERROR, RpcError,
} from './rpc-error.ts';
import type { RpcCall } from './rpc-method.ts';
import type { RpcWhitelist } from './rpc-whitelist.ts';
import { writeJson } from './write-json.ts';

/** How long a wrong password takes, milliseconds, so that nobody can try many (Core httprpc.cpp). */
const WRONG_PASSWORD_DELAY = 250;

/** What says who may call, and what a call does. */
export interface JsonRpcRouteOptions {
  readonly credentials: Credentials;
  readonly whitelist: RpcWhitelist;
  readonly execute: (
    method: string,
    params: readonly JsonValue[] | JsonObject,
    call: RpcCall,
  ) => Promise<JsonOutput>;
  readonly log: {
    warning(text: string): void;
    debug(category: LogCategory, text: string): void;
  };
}

/** JSON-RPC over HTTP, at `/` (Core httprpc.cpp, `HTTPReq_JSONRPC`). */
export class JsonRpcRoute implements HttpRoute {
  readonly path = '/';
  readonly exact = true;
  readonly #options: JsonRpcRouteOptions;

  constructor(options: JsonRpcRouteOptions) {
    this.#options = options;
  }

  open(head: HttpRequestHead): HttpTask {
    if (head.method !== 'POST') {
      return refusal({ status: 405, body: 'JSONRPC server handles only POST requests' });
    }
    const authorization = head.header('authorization');
    if (authorization === undefined) return refusal(UNAUTHORIZED);
    const user = this.#options.credentials.userOf(authorization);
    if (user !== undefined) {
      const call: RpcCall = { user, signal: head.signal };
      return { wantsBody: true, run: (body) => this.#answer(body, call) };
    }
    return {
      wantsBody: false,
      run: async () => {
        const text = `ThreadRPCServer incorrect password attempt from ${head.peer}`;
        this.#options.log.warning(text);
        await delay(WRONG_PASSWORD_DELAY);
        return UNAUTHORIZED;
      },
    };
  }

  async #answer(body: Uint8Array, call: RpcCall): Promise<HttpResponse> {
    const text = decode(body);
    const value = text === undefined ? undefined : parseJson(text);
    if (value === undefined) {
      return failure(NO_REQUEST, new RpcError(RPC_PARSE_ERROR, 'Parse error'));
    }
    if (!this.#options.whitelist.admits(call.user)) {
      this.#options.log.warning(`RPC User ${call.user} not allowed to call any methods`);
      return FORBIDDEN;
    }
    if (value instanceof JsonObject) return this.#single(value, call);
    if (Array.isArray(value)) return this.#batch(value as readonly JsonValue[], call);
    return failure(NO_REQUEST, new RpcError(RPC_PARSE_ERROR, 'Top-level object parse error'));
  }

  async #single(value: JsonObject, call: RpcCall): Promise<HttpResponse> {
    const request = parseRequest(value);
    const { replyTo } = request;
    if (request.type === 'invalid') return failure(replyTo, request.error);
    if (!this.#isAllowed(request.method, call)) return FORBIDDEN;
    const outcome = await this.#execute(request, call);
    if (isNotification(replyTo)) return { status: 204 };
    // What a method says of its failure is an HTTP error before 2.0 only.
    if (outcome instanceof RpcError && replyTo.version === 'legacy') return failure(replyTo, outcome);
    return json(200, reply(replyTo, outcome));
  }

  async #batch(values: readonly JsonValue[], call: RpcCall): Promise<HttpResponse> {
    if (this.#options.whitelist.restricts(call.user)) {
      const refused = this.#refusedBatch(values, call);
      if (refused !== undefined) return refused;
    }
    const replies: JsonOutput[] = [];
    for (const value of values) {
      const request = parseRequest(value);
      const outcome = request.type === 'invalid' ? request.error : await this.#execute(request, call);
      if (!isNotification(request.replyTo)) replies.push(reply(request.replyTo, outcome));
    }
    // An empty batch says nothing of its version: clients of 1.1 expect an array.
    return replies.length === 0 && values.length > 0 ? { status: 204 } : json(200, replies);
  }

  /** All of a batch is refused if the user may not call one of its methods. */
  #refusedBatch(values: readonly JsonValue[], call: RpcCall): HttpResponse | undefined {
    for (const value of values) {
      if (!(value instanceof JsonObject)) {
        return failure(NO_REQUEST, new RpcError(RPC_INVALID_REQUEST, 'Invalid Request object'));
      }
      let method: string;
      try {
        method = asString(value.get('method'));
      } catch (error) {
        return failure(NO_REQUEST, new RpcError(RPC_PARSE_ERROR, (error as RpcError).message));
      }
      if (!this.#isAllowed(method, call)) return FORBIDDEN;
    }
    return undefined;
  }

  #isAllowed(method: string, { user }: RpcCall): boolean {
    if (this.#options.whitelist.allows(user, method)) return true;
    this.#options.log.warning(`RPC User ${user} not allowed to call method ${method}`);
    return false;
  }

  async #execute(
    { method, params }: Extract<JsonRpcRequest, { readonly type: 'call' }>,
    call: RpcCall,
  ): Promise<JsonOutput | RpcError> {
    this.#options.log.debug('rpc', `ThreadRPCServer method=${method} user=${call.user}`);
    try {
      return await this.#options.execute(method, params, call);
    } catch (error) {
      if (error instanceof RpcError) return error;
      throw error;
    }
  }
}

const UNAUTHORIZED: HttpResponse = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Basic realm="jsonrpc"' },
};
const FORBIDDEN: HttpResponse = { status: 403 };

function refusal(response: HttpResponse): HttpTask {
  return { wantsBody: false, run: () => response };
}

/** An error as an HTTP error (Core `JSONErrorReply`). */
function failure(replyTo: ReplyTo, error: RpcError): HttpResponse {
  const statuses = new Map([[RPC_INVALID_REQUEST, 400], [RPC_METHOD_NOT_FOUND, 404]]);
  return json(statuses.get(error.code) ?? 500, reply(replyTo, error));
}

function json(status: number, value: JsonOutput): HttpResponse {
  const headers = { 'Content-Type': 'application/json' };
  return { status, headers, body: `${writeJson(value)}\n` };
}

function decode(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}
