import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WorkQueue } from './work-queue.ts';

/** Core `MAX_HEADERS_SIZE` (httpserver.cpp): bytes of a request before its body. */
const MAX_HEADERS_SIZE = 8_192;
/** Core `MAX_SIZE` (serialize.h): bytes of a body. */
export const MAX_SIZE = 0x02000000;
/** Connections at a time, over all addresses: each may hold a body. Core has no such limit. */
const MAX_CONNECTIONS = 512;
/** Requests that a connection may send before it has its answers; then it is closed. */
const MAX_PIPELINED = 128;
/** What Node.js takes for a timer at most, milliseconds. */
const MAX_TIMEOUT = 0x7fff_ffff;
/** How long {@link HttpServer.stop} waits for requests to end, milliseconds. */
const STOP_LIMIT = 30_000;

/** Methods that are known; others are refused (Core `HTTPRequest::RequestMethod`). */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'PUT']);

/** A request before its body. */
export interface HttpRequestHead {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly uri: string;
  /** `host:port` of the client. */
  readonly peer: string;
  /** Aborted when the client has gone or the server stops. */
  readonly signal: AbortSignal;
  header(name: string): string | undefined;
}

/** An answer. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What is to be done for a request. */
export interface HttpTask {
  /** Whether the body is wanted. If not it is read and dropped, and `run` gets none. */
  readonly wantsBody: boolean;
  run(body: Uint8Array): HttpResponse | Promise<HttpResponse>;
}

/** Paths, and who answers for them. */
export interface HttpRoute {
  readonly path: string;
  /** Whether only this very path is meant, and not all that begin with it. */
  readonly exact: boolean;
  /** Decides by the head alone what to do, so that a stranger's body takes no memory. */
  open(head: HttpRequestHead): HttpTask;
}

/** What the server says, and to whom it speaks. */
export interface HttpServerOptions {
  readonly routes: readonly HttpRoute[];
  /** Whether requests from a host are answered at all. */
  readonly allows: (host: string) => boolean;
  /** Requests that are worked on at a time, and those that may wait. */
  readonly threads: number;
  readonly workQueue: number;
  /** Milliseconds without any byte, while a request or its answer is on the way or none is; 0: any. */
  readonly timeout: number;
  readonly log: {
    warning(text: string): void;
    debug(text: string): void;
  };
  /** Told of errors that no route should throw. */
  readonly bug: (error: unknown) => void;
}

/** What is known of a connection. */
interface ConnectionState {
  /** Ends when all requests so far are answered. */
  turn: Promise<void>;
  /** Requests that are not answered yet. */
  pending: number;
  /** A request is being worked on: silence means nothing then. */
  isBusy: boolean;
}

/**
 * An HTTP server as bitcoind's: requests of a connection are answered one after the other, requests
 * of different connections side by side, as many as there are threads (Core httpserver.cpp; here all
 * of it is one thread, and a request that waits holds none up).
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #queue: WorkQueue;
  readonly #servers: Server[] = [];
  readonly #connections = new Map<Socket, ConnectionState>();
  readonly #aborts = new Set<AbortController>();
  #isStopping = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.threads, options.workQueue);
  }

  /**
   * Listens on one more address.
   *
   * @param host an address or a name; `''`: any
   * @param port 0: any that is free
   * @returns `host:port`. Rejects with the system's error
   */
  async listen(host: string, port: number): Promise<string> {
    const server = createServer({
      maxHeaderSize: MAX_HEADERS_SIZE,
      requireHostHeader: false,
      // Time is limited here, as Core limits it: between bytes.
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    server.setTimeout(Math.min(this.#options.timeout, MAX_TIMEOUT), (socket) => this.#expire(socket));
    server.on('connection', (socket) => this.#connect(socket));
    server.on('request', (request, response) => this.#enqueue(request, response));
    server.on('clientError', (error, socket) => this.#refuse(error, socket as Socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host !== '' && { host }) }, resolve);
    });
    this.#servers.push(server);
    const { address, port: bound } = server.address() as AddressInfo;
    return hostPort(address, bound);
  }

  /** Lets no new request in, ends those that wait for something, and waits for the answers of all. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const abort of this.#aborts) abort.abort();
    for (const server of this.#servers) server.close();
    const answered = Promise.all([...this.#connections.values()].map(({ turn }) => turn));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => (timer = setTimeout(resolve, STOP_LIMIT)));
    await Promise.race([answered, limit]);
    clearTimeout(timer);
    for (const server of this.#servers) server.closeAllConnections();
  }

  #connect(socket: Socket): void {
    if (this.#isStopping || this.#connections.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, { turn: Promise.resolve(), pending: 0, isBusy: false });
    socket.once('close', () => this.#connections.delete(socket));
  }

  #expire(socket: Socket): void {
    if (this.#connections.get(socket)?.isBusy !== true) socket.destroy();
  }

  /** Answers what is no HTTP, as far as it can be answered. */
  #refuse(error: Error, socket: Socket): void {
    const { code = '' } = error as { readonly code?: string };
    if (code.startsWith('HPE_') && socket.writable && this.#connections.get(socket)?.pending === 0) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    } else socket.destroy();
  }

  #enqueue(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const state = this.#connections.get(socket);
    if (state === undefined || ++state.pending > MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    // A client that goes away while we write is nobody's error.
    response.on('error', () => {});
    request.on('error', () => {});
    state.turn = this.#inTurn(request, response, state);
  }

  /** Answers a request once those before it are answered. */
  async #inTurn(
    request: IncomingMessage,
    response: ServerResponse,
    state: ConnectionState,
  ): Promise<void> {
    const gone = new Promise<void>((resolve) => response.once('close', resolve));
    await state.turn;
    if (!response.destroyed) await this.#serve(request, response, state);
    await gone;
    state.pending--;
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    state: ConnectionState,
  ): Promise<void> {
    const abort = new AbortController();
    this.#aborts.add(abort);
    response.once('close', () => {
      this.#aborts.delete(abort);
      abort.abort();
    });
    const head = headOf(request, abort.signal);
    const task = this.#taskFor(head, request);
    if ('status' in task) return this.#answer(response, task);
    const body = await readBody(request, task.wantsBody);
    if (body === 'gone') return;
    if (body === 'too-large') return this.#answer(response, { status: 413 }, true);
    state.isBusy = true;
    const isTaken = this.#queue.add(async () => {
      if (this.#isStopping) abort.abort();
      if (!response.destroyed) this.#answer(response, await this.#run(task, body));
      state.isBusy = false;
    });
    if (isTaken) return;
    state.isBusy = false;
    this.#options.log.warning(
      'request rejected because http work queue depth exceeded, it can be increased with the ' +
        '-rpcworkqueue= setting',
    );
    this.#answer(response, { status: 503, body: 'Work queue depth exceeded' });
  }

  async #run(task: HttpTask, body: Uint8Array): Promise<HttpResponse> {
    try {
      return await task.run(body);
    } catch (error) {
      // A route answers for its own errors; what is left is a bug, and no reason to end the node.
      this.#options.bug(error);
      return { status: 500, body: 'Unhandled request' };
    }
  }

  /** What to do, or what to answer at once, in Core's order (`http_request_cb`). */
  #taskFor(head: HttpRequestHead, request: IncomingMessage): HttpTask | HttpResponse {
    const { log, allows, routes } = this.#options;
    if (this.#isStopping) return { status: 503 };
    if (Number(request.headers['content-length'] ?? 0) > MAX_SIZE) {
      return { status: 413, headers: { connection: 'close' } };
    }
    if (!allows(request.socket.remoteAddress ?? '')) {
      log.debug(`HTTP request from ${head.peer} rejected: Client network is not allowed RPC access`);
      return { status: 403 };
    }
    if (!METHODS.has(head.method)) {
      log.debug(`HTTP request from ${head.peer} rejected: Unknown HTTP request method`);
      return { status: 405 };
    }
    const shown = head.uri.slice(0, 100);
    log.debug(`Received a ${head.method} request for ${shown} from ${head.peer}`);
    const route = routes.find(({ path, exact }) =>
      exact ? head.uri === path : head.uri.startsWith(path),
    );
    return route === undefined ? { status: 404 } : route.open(head);
  }

  #answer(response: ServerResponse, { status, headers, body = '' }: HttpResponse, close = false): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    if (close || this.#isStopping) response.setHeader('Connection', 'close');
    if (status !== 204) response.setHeader('Content-Length', bytes.length);
    response.end(status === 204 ? undefined : bytes);
  }
}

function headOf(request: IncomingMessage, signal: AbortSignal): HttpRequestHead {
  const { remoteAddress = '', remotePort = 0 } = request.socket;
  return {
    method: request.method ?? '',
    uri: request.url ?? '',
    peer: hostPort(remoteAddress, remotePort),
    signal,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

/** The body, empty if it is not wanted; or what became of it. */
function readBody(
  request: IncomingMessage,
  isWanted: boolean,
): Promise<Uint8Array | 'gone' | 'too-large'> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > MAX_SIZE) resolve('too-large');
      else if (isWanted) chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('close', () => resolve('gone'));
  });
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
