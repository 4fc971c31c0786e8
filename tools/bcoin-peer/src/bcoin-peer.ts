import type { BcoinBackend } from './backend.ts';
import { BcoinProcess } from './bcoin-process.ts';
import { installBcoin } from './install.ts';

/** Peers on the same machine answer within milliseconds: this leaves room for a busy one. */
const PING_TIMEOUT_MS = 10_000;

/** How to start bcoin. */
export interface BcoinOptions {
  /** How many blocks to mine before it listens. Default 0. Regtest only. */
  readonly blocks?: number;
  /** Whether it listens on 127.0.0.1, at a free port. Default true. */
  readonly listen?: boolean;
  /** A peer to connect to at once, as `127.0.0.1:port`. The start fails if the handshake does. */
  readonly connect?: string;
  /** Blocks to connect before the mined ones, raw, parents first. The genesis block may be left out. */
  readonly seedBlocks?: readonly Uint8Array[];
  /** Default `'regtest'`. On `'main'` bcoin has only its seed blocks and those of its peers. */
  readonly network?: 'regtest' | 'main';
  /** Default `'node'`. */
  readonly backend?: BcoinBackend;
  /** Gets bcoin's log, a line a time, with what it thinks of its peers. Off by default. */
  readonly log?: (line: string) => void;
}

/** A peer of bcoin, as bcoin sees it, its handshake done. */
export interface BcoinPeerInfo {
  /** `address:port` of the other end. */
  readonly address: string;
  /** Its user agent, BIP 14. */
  readonly agent: string;
  /** Its protocol version. */
  readonly version: number;
  /** Its service bits; bcoin reads only the lower 32. */
  readonly services: number;
  /** Which side opened the connection: `'outbound'` if bcoin did. */
  readonly direction: 'inbound' | 'outbound';
  /** The height in its version message. */
  readonly startHeight: number;
  /** The height of the last block that bcoin knows it to have. */
  readonly bestHeight: number | undefined;
  /** The shortest round trip in milliseconds, once there was one: bcoin first pings after 30 s. */
  readonly pingMs: number | undefined;
  /** bcoin's misbehaviour score. At 100 it bans the address, for 127.0.0.1 all of its peers. */
  readonly banScore: number;
}

/** A bcoin full node in a process of its own. */
export interface BcoinPeer {
  /** Where it listens on 127.0.0.1; 0 if it does not. */
  readonly port: number;
  /** The id of its process. */
  readonly pid: number;
  /** The height of its chain. */
  height(): Promise<number>;
  /** The hash of its tip, hex, in display order. */
  tipHash(): Promise<string>;
  /** Mines blocks on its tip, announces them, and answers their hashes, hex, in display order. */
  mine(count: number): Promise<string[]>;
  /**
   * Connects to `127.x.y.z:port` and resolves after the handshake; rejects when there is none. bcoin
   * does not connect again when the connection ends.
   */
  addPeer(hostPort: string): Promise<void>;
  /** A block of its chain, raw with witness, by its hash in hex in display order. */
  blockBytes(hashHex: string): Promise<Uint8Array>;
  /** Its peers whose handshake is done. */
  peers(): Promise<readonly BcoinPeerInfo[]>;
  /** Makes it ping all its peers; resolves when all have answered. Default timeout 10 s. */
  ping(timeoutMs?: number): Promise<void>;
  /** Resolves once its chain is at `height` or above; rejects after `timeoutMs`. */
  waitForHeight(height: number, timeoutMs: number): Promise<void>;
  /** Ends the process and resolves when it is gone, within about 2 seconds. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts bcoin in a child process and resolves when it listens, half a second to a second later. The process
 * ends with `stop()`, and with this process. The first call ever installs bcoin (`installBcoin`).
 *
 * @throws Error when bcoin cannot be installed, refuses a seed block, or finds no one at `connect`.
 */
export async function startBcoin(options: BcoinOptions = {}): Promise<BcoinPeer> {
  const bcoin = new BcoinProcess(options.log);
  try {
    const port = await bcoin.call('start', {
      directory: installBcoin(),
      backend: options.backend ?? 'node',
      network: options.network ?? 'regtest',
      blocks: options.blocks ?? 0,
      listen: options.listen ?? true,
      connect: options.connect,
      seedBlocks: options.seedBlocks ?? [],
      log: options.log !== undefined,
    });
    return createPeer(bcoin, port);
  } catch (error) {
    await bcoin.stop();
    throw error;
  }
}

function createPeer(bcoin: BcoinProcess, port: number): BcoinPeer {
  return {
    port,
    pid: bcoin.pid,
    height: () => bcoin.call('height'),
    tipHash: () => bcoin.call('tipHash'),
    mine: (count) => bcoin.call('mine', count),
    addPeer: (hostPort) => bcoin.call('addPeer', hostPort),
    blockBytes: (hashHex) => bcoin.call('blockBytes', hashHex),
    peers: () => bcoin.call('peers'),
    ping: (timeoutMs = PING_TIMEOUT_MS) => bcoin.call('ping', timeoutMs),
    waitForHeight: (height, timeoutMs) => bcoin.call('waitForHeight', height, timeoutMs),
    stop: () => bcoin.stop(),
  };
}
