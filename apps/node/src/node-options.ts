import { signetMagic } from '@btcp2p/consensus';
import type { PermissionRules } from '@btcp2p/node';
import {
  formatAddress, MAX_SUBVERSION_LENGTH, networks, parseAddress, toHex, type Chain, type Network,
} from '@btcp2p/wire';
import { chainOptions, minimumChainWork, type ChainOptions } from './chain-options.ts';
import { userAgent } from './client.ts';
import { defaultOnionBind } from './listen-addresses.ts';
import type { LogSettings } from './log.ts';
import { logSettings } from './log-settings.ts';
import { mempoolOptions, type MempoolOptions } from './mempool-options.ts';
import { miningOptions, type MiningOptions } from './mining-options.ts';
import { NodeError } from './node-error.ts';
import { checkPorts, invalidPort, parsePort, portOf, portText } from './option-ports.ts';
import type { NotifyOptions } from './notify-commands.ts';
import { OPTIONS } from './option-table.ts';
import {
  BITCOIN_PID_FILENAME,
  DEFAULT_BLOCKSONLY_MAX_MEMPOOL_SIZE_MB,
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_MAX_PEER_CONNECTIONS,
  DEFAULT_MAX_TIP_AGE,
  DEFAULT_PEER_CONNECT_TIMEOUT,
} from './options.ts';
import { permissionRules, whitebindAddress } from './permission-options.ts';
import { rpcOptions, type RpcOptions } from './rpc-options.ts';
import type { Settings } from './settings.ts';

/** An address to listen on. */
export interface BindAddress {
  /** `127.0.0.1`, `::1`. */
  readonly host: string;
  readonly port: number;
  /** Whoever connects here counts as coming through Tor. */
  readonly onion: boolean;
}

/** What the user wants of the node, checked and in the units of the code. */
export interface NodeOptions {
  readonly network: Network;

  readonly listen: boolean;
  /** Listen exactly here; empty: on any address, at `port`. */
  readonly bind: readonly BindAddress[];
  /** Who may do what others may not. */
  readonly permissions: PermissionRules;
  readonly port: number;
  /**
   * `host[:port]` of the only nodes to connect to, possibly none; undefined: the node finds peers
   * itself.
   */
  readonly connect: readonly string[] | undefined;
  /** `host[:port]` of nodes to stay connected to besides. */
  readonly addnode: readonly string[];
  readonly maxConnections: number;
  /** Whether connections are made and taken from the start. */
  readonly networkActive: boolean;
  /** Milliseconds to wait for a connection. */
  readonly connectTimeout: number;
  /** Milliseconds to wait for the handshake, and for the first bytes. */
  readonly peerTimeout: number;
  /** Whole, with its comments. */
  readonly userAgent: string;
  /** Whether connections are encrypted where the peer can do so (BIP 324). */
  readonly v2Transport: boolean;

  /** `-minimumchainwork`: in place of the chain's own. */
  readonly minimumChainWork: bigint | undefined;
  /** Seconds. Very large numbers are rounded. */
  readonly maxTipAge: number;
  /** Unix seconds to take for the time; 0: the clock's. */
  readonly mockTime: number;
  /** 0: never. */
  readonly stopAtHeight: number;

  /** What holds the block files of all chains in place of the data directory, as it was given. */
  readonly blocksDirectory: string | undefined;
  readonly blocksXor: boolean;
  /** Where the process id is written, relative to the directory of the chain; undefined: nowhere. */
  readonly pidFile: string | undefined;
  readonly notify: NotifyOptions;
  readonly chain: ChainOptions;
  readonly mempool: MempoolOptions;
  readonly mining: MiningOptions;
  readonly rpc: RpcOptions;
  readonly log: LogSettings;
  /** Write every message from and to peers into files. */
  readonly captureMessages: boolean;
  /** Show the progress of the node on the console. */
  readonly display: boolean;
}

/**
 * The chain to follow.
 *
 * @throws NodeError `option` if options name several, or one that does not exist
 */
export function chainOf(settings: Settings): Chain {
  const named = settings.text('chain');
  const flags = (
    [['regtest', 'regtest'], ['signet', 'signet'], ['testnet', 'test'], ['testnet4', 'testnet4']] as const
  ).filter(([name]) => settings.chainFlag(name));
  if (flags.length + (named === undefined ? 0 : 1) > 1) {
    throw new NodeError(
      'option',
      'Invalid combination of -regtest, -signet, -testnet, -testnet4 and -chain. Can use at most one.',
    );
  }
  if (named === undefined) return flags[0]?.[1] ?? 'main';
  if (!Object.hasOwn(networks, named)) throw new NodeError('option', `Unknown chain ${named}.`);
  return named as Chain;
}

/**
 * Options that imply others (Core init.cpp `InitParameterInteraction`): call it once, before
 * {@link nodeOptions}.
 */
export function applyInteractions(settings: Settings): void {
  for (const name of ['bind', 'whitebind']) {
    if (settings.list(name).length > 0) settings.softSet('listen', '1', `-${name} set`);
  }
  const connectsOnlyTo = settings.list('connect').length > 0 || settings.isNegated('connect');
  if (connectsOnlyTo || maxConnections(settings) <= 0) {
    settings.softSet('listen', '0', '-connect or -maxconnections=0 set');
  }
  if (settings.flag('blocksonly') === true) {
    settings.softSet('whitelistrelay', '0', '-blocksonly=1');
    settings.softSet('maxmempool', String(DEFAULT_BLOCKSONLY_MAX_MEMPOOL_SIZE_MB), '-blocksonly=1');
  }
  if (settings.flag('whitelistforcerelay') === true) {
    settings.softSet('whitelistrelay', '1', '-whitelistforcerelay=1');
  }
}

/**
 * Checks all options, in bitcoind's order, and converts them.
 *
 * @throws NodeError `option` at the first that makes no sense
 */
export function nodeOptions(settings: Settings, chain: Chain): NodeOptions {
  const unsuitable = settings.unsuitableOptions().map(
    (name) => `Config setting for -${name} only applied on ${chain} network when in [${chain}] section.`,
  );
  if (unsuitable.length > 0) throw new NodeError('option', unsuitable.join('\n'));

  const listen = settings.flag('listen') ?? true;
  const blocks = chainOptions(settings, chain);
  if (settings.list('bind').length + settings.list('whitebind').length > 0 && !listen) {
    throw new NodeError('option', 'Cannot set -bind or -whitebind together with -listen=0');
  }
  if (maxConnections(settings) < 0) {
    throw new NodeError('option', '-maxconnections must be greater or equal than zero');
  }
  const log = logSettings(settings);
  const peerTimeout = Number(settings.integer('peertimeout') ?? DEFAULT_PEER_CONNECT_TIMEOUT);
  if (peerTimeout <= 0) throw new NodeError('option', 'peertimeout must be a positive integer.');
  const mining = miningOptions(settings, chain);
  const mempool = mempoolOptions(settings, chain);
  const network = networkOf(chain, blocks, settings);
  const port = portOf(settings, 'port') ?? network.defaultPort;
  const rpc = rpcOptions(settings, network);
  checkPorts('whitebind', settings.list('whitebind'));
  const permissions = permissionRules(settings);
  const bind = bindAddresses(settings, port, permissions);
  noteWhatDoesNothing(settings);
  if (connectOnly(settings) === undefined && settings.list('addnode').length === 0) {
    // Honest about what is missing, before the user waits for it.
    settings.notice(
      'this version does not find peers by itself: name some with -connect or -addnode', 'warning',
    );
  }

  return {
    network,
    listen,
    bind,
    permissions,
    port,
    connect: connectOnly(settings),
    addnode: checkPorts('addnode', settings.list('addnode')),
    maxConnections: maxConnections(settings),
    networkActive: settings.flag('networkactive') ?? true,
    connectTimeout: positive(settings.integer('timeout')) ?? DEFAULT_CONNECT_TIMEOUT,
    peerTimeout: peerTimeout * 1_000,
    userAgent: checkedUserAgent(settings.list('uacomment')),
    v2Transport: settings.flag('v2transport') ?? true,
    minimumChainWork: minimumChainWork(settings),
    maxTipAge: Number(settings.integer('maxtipage') ?? DEFAULT_MAX_TIP_AGE),
    mockTime: Number(settings.integer('mocktime') ?? 0n),
    stopAtHeight: Number(settings.integer('stopatheight') ?? 0n),
    blocksDirectory: settings.text('blocksdir') || undefined,
    pidFile: settings.isNegated('pid') ? undefined : settings.text('pid') || BITCOIN_PID_FILENAME,
    notify: {
      startup: settings.text('startupnotify') ?? '',
      block: settings.text('blocknotify') ?? '',
      alert: settings.text('alertnotify') ?? '',
      shutdown: settings.list('shutdownnotify'),
    },
    blocksXor: settings.flag('blocksxor') ?? true,
    chain: blocks,
    mempool,
    mining,
    rpc,
    log,
    captureMessages: settings.flag('capturemessages') ?? false,
    display: settings.flag('printtoconsole') ?? true,
  };
}

/** A signet with a challenge of its own has a magic of its own, and none of the default one's seeds. */
function networkOf(chain: Chain, { consensus }: ChainOptions, settings: Settings): Network {
  const network = networks[chain];
  if (chain !== 'signet') return network;
  const { signetChallenge } = consensus;
  const chosen =
    signetChallenge === undefined
      ? network
      : { ...network, magic: signetMagic(signetChallenge), dnsSeeds: [] };
  settings.notice(`Signet derived magic (message start): ${toHex(chosen.magic)}`);
  return chosen;
}

function maxConnections(settings: Settings): number {
  return Number(settings.integer('maxconnections') ?? DEFAULT_MAX_PEER_CONNECTIONS);
}

function positive(value: bigint | undefined): number | undefined {
  return value !== undefined && value > 0n ? Number(value) : undefined;
}

function connectOnly(settings: Settings): readonly string[] | undefined {
  const hosts = settings.list('connect');
  if (hosts.length === 0) return settings.isNegated('connect') ? [] : undefined;
  if (hosts.length === 1 && hosts[0] === '0') return [];
  return checkPorts('connect', hosts);
}

/**
 * Where to listen: for `-bind`, and after that for `-whitebind`. Where a `-bind` names no port, it is
 * the chain's, or for `=onion` the one after. With `-whitebind` alone, onion services are listened for
 * too (Core init.cpp).
 */
function bindAddresses(
  settings: Settings,
  port: number,
  { whitebinds }: PermissionRules,
): BindAddress[] {
  const result: BindAddress[] = [];
  const seen = new Set<string>();
  const values = settings.list('bind');
  const split = (value: string): string => value.replace(/=[^=]*$/, '');
  for (const value of values) {
    const text = portText(split(value));
    if (text !== undefined && parsePort(text) === undefined) invalidPort('bind', value);
  }
  for (const value of values) {
    const onion = value.endsWith('=onion');
    const address = parseAddress(split(value), onion ? port + 1 : port);
    const numeric = address?.network === 'ipv4' || address?.network === 'ipv6';
    if (address === undefined || !numeric || (value.includes('=') && !onion)) {
      throw new NodeError('option', `Cannot resolve -bind address: '${value}'`);
    }
    const name = formatAddress(address);
    checkNotBound(name, seen);
    const host = name.slice(0, name.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    result.push({ host, port: address.port, onion });
  }
  for (const whitebind of whitebinds) {
    checkNotBound(whitebind.address, seen);
    result.push(whitebindAddress(whitebind));
  }
  if (values.length === 0 && result.length > 0) result.push(defaultOnionBind(port));
  return result;
}

/** Each address can be listened on once only. */
function checkNotBound(name: string, seen: Set<string>): void {
  if (seen.has(name)) {
    throw new NodeError(
      'option',
      `Duplicate binding configuration for address ${name}. ` +
        'Please check your -bind, -bind=...=onion and -whitebind settings.',
    );
  }
  seen.add(name);
}

/** Comments of letters, digits, blanks and `.,;-_?@` (Core `SAFE_CHARS_UA_COMMENT`); 256 bytes in all. */
function checkedUserAgent(comments: readonly string[]): string {
  for (const comment of comments) {
    if (!/^[a-zA-Z0-9 .,;\-_?@]*$/.test(comment)) {
      throw new NodeError('option', `User Agent comment (${comment}) contains unsafe characters.`);
    }
  }
  const agent = userAgent(comments);
  if (agent.length > MAX_SUBVERSION_LENGTH) {
    throw new NodeError(
      'option',
      `Total length of network version string (${agent.length}) exceeds maximum length ` +
        `(${MAX_SUBVERSION_LENGTH}). Reduce the number or size of uacomments.`,
    );
  }
  return agent;
}

/** Says of options that were given and do nothing that they do not. */
function noteWhatDoesNothing(settings: Settings): void {
  for (const { name, noEffect } of OPTIONS) {
    if (noEffect === undefined || !settings.isSet(name)) continue;
    const { when, because } = noEffect;
    const value = when === 'set' ? '' : when === 'on' ? '=1' : '=0';
    const flag = settings.flag(name);
    if (when === 'set' || flag === (when === 'on')) {
      settings.notice(`-${name}${value} has no effect: ${because}`, 'warning');
    }
  }
}
