import { Subnet } from '@btcp2p/node';
import { splitHostPort, type Network } from '@btcp2p/wire';
import { NodeError } from './node-error.ts';
import {
  COOKIEAUTH_FILE,
  DEFAULT_HTTP_SERVER_TIMEOUT,
  DEFAULT_HTTP_THREADS,
  DEFAULT_HTTP_WORKQUEUE,
} from './options.ts';
import { checkPorts, portOf } from './option-ports.ts';
import type { Settings } from './settings.ts';

/** Where the JSON-RPC server listens. */
export interface RpcEndpoint {
  /** An address or a name; empty: any address. */
  readonly host: string;
  readonly port: number;
}

/** What the user wants of the JSON-RPC server. */
export interface RpcOptions {
  /** Whether there is one. */
  readonly server: boolean;
  readonly endpoints: readonly RpcEndpoint[];
  /** Who is answered besides this machine. */
  readonly allow: readonly Subnet[];
  /** `-rpcuser` and `-rpcpassword`; undefined: the password is in the cookie file. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** `-rpcauth`, as given: `user:salt$hash`. */
  readonly auth: readonly string[];
  readonly cookie: {
    /** Relative paths start at the directory of the chain. Undefined: no file, nobody gets in by it. */
    readonly file: string | undefined;
    /** `-rpccookieperms`, as given. */
    readonly permissions: string | undefined;
  };
  /** `-rpcwhitelist`, as given: `user:method,method`. */
  readonly whitelist: readonly string[];
  /** Whether users without a whitelist may call nothing. */
  readonly whitelistDefault: boolean;
  /** Calls that are worked on at a time, and calls that may wait. */
  readonly threads: number;
  readonly workQueue: number;
  /** Milliseconds of silence after which a connection is closed; 0: never. */
  readonly serverTimeout: number;
  /** Whether answers are compared with their descriptions. */
  readonly docCheck: boolean;
  /** What the log should know of the choice of endpoints. */
  readonly warnings: readonly string[];
}

/** @throws NodeError `option` */
export function rpcOptions(settings: Settings, network: Network): RpcOptions {
  const password = settings.text('rpcpassword') ?? '';
  const whitelist = settings.list('rpcwhitelist');
  return {
    server: settings.flag('server') ?? true,
    ...endpoints(settings, portOf(settings, 'rpcport') ?? network.rpcPort),
    allow: allowedSubnets(settings),
    login: password === '' ? undefined : { user: settings.text('rpcuser') ?? '', password },
    auth: settings.list('rpcauth'),
    cookie: {
      file: settings.isNegated('rpccookiefile')
        ? undefined
        : settings.text('rpccookiefile') || COOKIEAUTH_FILE,
      permissions: settings.text('rpccookieperms'),
    },
    whitelist,
    whitelistDefault: settings.flag('rpcwhitelistdefault') ?? whitelist.length > 0,
    threads: atLeastOne(settings.integer('rpcthreads'), DEFAULT_HTTP_THREADS),
    workQueue: atLeastOne(settings.integer('rpcworkqueue'), DEFAULT_HTTP_WORKQUEUE),
    serverTimeout:
      Math.max(0, Number(settings.integer('rpcservertimeout') ?? DEFAULT_HTTP_SERVER_TIMEOUT)) * 1_000,
    docCheck: settings.flag('rpcdoccheck') ?? false,
  };
}

/** So that nobody opens the server to all by accident, each of the two options needs the other. */
function endpoints(
  settings: Settings,
  port: number,
): Pick<RpcOptions, 'endpoints' | 'warnings'> {
  const hosts = checkPorts('rpcbind', settings.list('rpcbind'));
  const isAllowing = settings.list('rpcallowip').length > 0;
  if (hosts.length > 0 && isAllowing) {
    return { endpoints: hosts.map((host) => endpoint(host, port)), warnings: [] };
  }
  const warnings: string[] = [];
  if (isAllowing) {
    warnings.push(
      "option -rpcallowip was specified without -rpcbind; this doesn't usually make sense",
    );
  }
  if (hosts.length > 0) {
    warnings.push(
      'option -rpcbind was ignored because -rpcallowip was not specified, refusing to allow everyone ' +
        'to connect',
    );
  }
  return { endpoints: [{ host: '::1', port }, { host: '127.0.0.1', port }], warnings };
}

function endpoint(text: string, port: number): RpcEndpoint {
  const split = splitHostPort(text);
  return { host: split?.host ?? text, port: split?.port ?? port };
}

function allowedSubnets(settings: Settings): Subnet[] {
  return settings.list('rpcallowip').map((text) => {
    const subnet = Subnet.parse(text);
    if (subnet !== undefined) return subnet;
    throw new NodeError(
      'option',
      `Invalid -rpcallowip subnet specification: ${text}. Valid values are a single IP (e.g. 1.2.3.4), ` +
        'a network/netmask (e.g. 1.2.3.4/255.255.255.0), a network/CIDR (e.g. 1.2.3.4/24), ' +
        'all ipv4 (0.0.0.0/0), or all ipv6 (::/0). RFC4193 is allowed only if -cjdnsreachable=0.',
    );
  });
}

function atLeastOne(value: bigint | undefined, otherwise: number): number {
  return Math.max(1, Number(value ?? otherwise));
}
