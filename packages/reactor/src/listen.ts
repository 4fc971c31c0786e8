import type { PeerConnection } from './peer-connection.ts';
import { PeerNetwork, type PeerConnectionOptions } from './peer-network.ts';

/** How and where to listen. */
export interface ListenOptions extends PeerConnectionOptions {
  /** Address to listen at, `127.0.0.1` by default. */
  readonly host?: string;
  /** The network's default port by default; 0 for any free one. */
  readonly port?: number;
}

/** Takes connections until it is closed. */
export class PeerListener {
  /** Where it listens, `host:port`. */
  readonly address: string;
  readonly #peers: PeerNetwork;

  constructor(address: string, peers: PeerNetwork) {
    this.address = address;
    this.#peers = peers;
  }

  /** How many connections with a finished handshake there are. */
  get connectionCount(): number {
    return this.#peers.connectionCount;
  }

  /** Stops listening and ends all connections that came of it, in bounded time (about 2 s). */
  close(): Promise<void> {
    return this.#peers.close();
  }
}

/**
 * Listens for Bitcoin peers. For tests and small tools: there is no limit on connections, and
 * nobody is banned. A node is `@btcp2p/node` in a `Reactor`.
 *
 * @param onPeer called for each connection, the version handshake done; those that do not get that
 *   far are only seen by `onNotice`
 * @throws what the system says, as a rejection: `EADDRINUSE` and so on in its `code`
 */
export async function listen(
  options: ListenOptions,
  onPeer: (peer: PeerConnection) => void,
): Promise<PeerListener> {
  const peers = new PeerNetwork({
    ...options,
    // Not in the middle of a turn: what it sends must be sent when `send` returns.
    onEstablished: (connection) => queueMicrotask(() => onPeer(connection)),
    onConnectFailed: () => {},
    onHandshakeFailed: () => {},
  });
  const { host = '127.0.0.1', port = options.network.defaultPort } = options;
  return new PeerListener(await peers.listen(host, port), peers);
}
