import { resolve } from 'node:path';
import { parseAddress } from '@btcp2p/wire';
import { Subnet } from '@btcp2p/node';
import { NodeError, systemErrorText } from '../node-error.ts';
import type { LogCategory } from '../options.ts';
import type { RpcOptions } from '../rpc-options.ts';
import { COOKIEAUTH_USER, removeAuthCookie, writeAuthCookie } from './auth-cookie.ts';
import type { RpcContext } from './context.ts';
import { Credentials } from './credentials.ts';
import { HttpServer } from './http-server.ts';
import { JsonRpcRoute } from './json-rpc-route.ts';
import { controlMethods } from './methods/control.ts';
import type { RpcMethod } from './rpc-method.ts';
import { RpcTable } from './rpc-table.ts';
import { RpcWhitelist } from './rpc-whitelist.ts';

/** What the server logs through: `Log` is one. */
export interface RpcLog {
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  debug(category: LogCategory, text: string): void;
}

/** What the server is started with. */
export interface RpcStart<Context extends Pick<RpcContext, 'control'>> {
  readonly options: RpcOptions;
  /** Of the chain: the cookie is written there. */
  readonly directory: string;
  readonly context: Context;
  /** Besides those of the process itself, which are always there. */
  readonly methods?: readonly RpcMethod<Context>[];
  readonly log: RpcLog;
}

/** A running JSON-RPC server. At first it refuses every call: see {@link RpcServer.finishWarmup}. */
export interface RpcServer {
  /** Where it listens, `host:port`. */
  readonly addresses: readonly string[];
  /** What calls are refused with from now on (code -28): what the node is busy with. */
  setWarmupStatus(status: string): void;
  /** Executes calls from now on. */
  finishWarmup(): void;
  /** Answers the calls under way, refuses others, closes all connections, and removes the cookie. */
  stop(): Promise<void>;
}

/** Addresses of the machine itself, which are always answered (Core `InitHTTPAllowList`). */
const LOCAL = ['127.0.0.0/8', '::1'].map((text) => Subnet.parse(text)!);

const FILE_MODES = new Map([['owner', 0o600], ['group', 0o640], ['all', 0o644]]);

/** What a user sees of a server that does not start; why is in the log. */
const NOT_STARTED = 'Unable to start HTTP server. See debug log for details.';

/**
 * Starts the JSON-RPC server. Whether there is to be one (`options.server`) is not looked at.
 *
 * @throws NodeError `option` if it cannot: if it can listen nowhere, or what it is to let users in by
 *   makes no sense
 */
export async function startRpc<Context extends Pick<RpcContext, 'control'>>(
  start: RpcStart<Context>,
): Promise<RpcServer> {
  const { options, directory, context, methods = [], log } = start;
  const bug = (what: string, error: unknown): void => {
    const { stack } = error as { readonly stack?: string };
    log.error(`Internal bug detected in ${what}: ${stack ?? String(error)}`);
  };
  const table = new RpcTable<Context>([...controlMethods, ...methods], context, {
    docCheck: options.docCheck,
    bug: (method, error) => bug(`RPC ${method}`, error),
    now: () => performance.now() * 1_000,
  });
  const credentials = new Credentials();
  const route = new JsonRpcRoute({
    credentials,
    whitelist: new RpcWhitelist(options.whitelist, options.whitelistDefault),
    execute: (method, params, call) => table.execute(method, params, call),
    log,
  });
  const server = new HttpServer({
    routes: [route],
    allows: (host) => isAllowed(host, options.allow),
    threads: options.threads,
    workQueue: options.workQueue,
    timeout: options.serverTimeout,
    log: {
      warning: (text) => log.warning(text),
      debug: (text) => log.debug('http', text),
    },
    bug: (error) => bug('the HTTP server', error),
  });
  const cookie = options.cookie.file === undefined ? undefined : resolve(directory, options.cookie.file);
  let hasCookie = false;
  try {
    const addresses = await listen(server, options, log);
    hasCookie = admitUsers(credentials, options, cookie, log);
    return {
      addresses,
      setWarmupStatus: (status) => {
        table.warmup = status;
      },
      finishWarmup: () => {
        table.warmup = undefined;
      },
      stop: async () => {
        await server.stop();
        if (hasCookie && cookie !== undefined) removeAuthCookie(cookie);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Listens wherever that works; one address is enough (Core `HTTPBindAddresses`). */
async function listen(server: HttpServer, options: RpcOptions, log: RpcLog): Promise<string[]> {
  for (const warning of options.warnings) log.warning(warning);
  const addresses: string[] = [];
  for (const { host, port } of options.endpoints) {
    log.info(`Binding RPC on address ${host} port ${port}`);
    try {
      addresses.push(await server.listen(host, port));
    } catch (error) {
      log.warning(`Binding RPC on address ${host} port ${port} failed: ${systemErrorText(error)}`);
      continue;
    }
    if (['', '0.0.0.0', '::'].includes(host)) {
      log.warning(
        'the RPC server is not safe to expose to untrusted networks such as the public internet',
      );
    }
  }
  if (addresses.length > 0) return addresses;
  log.error('Unable to bind any endpoint for RPC server');
  throw new NodeError('option', NOT_STARTED);
}

/** Lets in who the options say (Core `InitRPCAuthentication`). Says whether a cookie was written. */
function admitUsers(
  credentials: Credentials,
  { login, auth, cookie }: RpcOptions,
  path: string | undefined,
  log: RpcLog,
): boolean {
  for (const text of auth) {
    if (credentials.addHashed(text)) continue;
    log.error('Invalid -rpcauth argument.');
    throw new NodeError('option', NOT_STARTED);
  }
  if (auth.length > 0) log.info('Using rpcauth authentication.');
  if (login !== undefined) {
    log.info('Using rpcuser/rpcpassword authentication.');
    log.warning(
      'rpcuser and rpcpassword keep a password where it can be read: the cookie or rpcauth are safer',
    );
    credentials.addPassword(login.user, login.password);
    return false;
  }
  const { permissions } = cookie;
  const mode = permissions === undefined ? 0o600 : FILE_MODES.get(permissions);
  if (mode === undefined) {
    log.error(
      `Invalid -rpccookieperms=${permissions}; must be one of 'owner', 'group', or 'all'.`,
    );
    throw new NodeError('option', NOT_STARTED);
  }
  if (path === undefined) {
    log.info('RPC authentication cookie file generation is disabled.');
    return false;
  }
  try {
    const written = writeAuthCookie(path, mode);
    credentials.addPassword(COOKIEAUTH_USER, written.password);
    log.info(`Generated RPC authentication cookie ${path}`);
    log.info(`Permissions used for cookie: ${written.permissions}`);
    log.info('Using random cookie authentication.');
    return true;
  } catch (error) {
    log.error(`Unable to write authentication cookie ${path}: ${systemErrorText(error)}`);
    throw new NodeError('option', NOT_STARTED, { cause: error });
  }
}

function isAllowed(host: string, allow: readonly Subnet[]): boolean {
  const address = parseAddress(host, 0);
  if (address === undefined) return false;
  return [...LOCAL, ...allow].some((subnet) => subnet.contains(address));
}
