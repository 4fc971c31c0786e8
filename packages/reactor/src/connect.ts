import { splitHostPort } from '@btcp2p/wire';
import { ConnectError } from './connect-error.ts';
import type { Closed, PeerConnection } from './peer-connection.ts';
import { PeerNetwork, type PeerConnectionOptions } from './peer-network.ts';

/** How to connect. */
export interface ConnectOptions extends PeerConnectionOptions {
  /** Milliseconds for the dial, 5 s by default (Core's `-timeout`). */
  readonly connectTimeout?: number;
  /** Gives up the dial or the handshake. It has no effect on a connection that stands. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a Bitcoin peer and shakes hands.
 *
 * @param address `host:port`, IPv6 in brackets; without a port, the network's default one. A name
 *   is looked up by the system
 * @throws ConnectError, as a rejection: `connect-failed`, `handshake-failed`, `timeout`, `aborted`
 */
export function connect(address: string, options: ConnectOptions): Promise<PeerConnection> {
  const { signal, network } = options;
  return new Promise((resolve, reject) => {
    const peers = new PeerNetwork({
      ...options,
      onEstablished: (connection) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(connection);
      },
      onConnectFailed: (cause) => fail(dialError(address, cause)),
      onHandshakeFailed: (closed) => fail(handshakeError(address, closed)),
    });
    const fail = (error: ConnectError): void => {
      signal?.removeEventListener('abort', onAbort);
      reject(error);
      void peers.close({ grace: 0 });
    };
    const onAbort = (): void => {
      fail(new ConnectError('aborted', `${address}: aborted`, { cause: signal?.reason }));
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    peers.connect(withPort(address, network.defaultPort));
  });
}

function withPort(address: string, defaultPort: number): string {
  const split = splitHostPort(address);
  if (split === undefined || split.port !== undefined) return address;
  const { host } = split;
  return host.includes(':') ? `[${host}]:${defaultPort}` : `${host}:${defaultPort}`;
}

function dialError(address: string, cause: string): ConnectError {
  const code = cause === 'timeout' ? 'timeout' : 'connect-failed';
  return new ConnectError(code, `${address}: ${cause}`);
}

function handshakeError(address: string, { reason, detail }: Closed): ConnectError {
  const isTimeout = reason === 'handshake-timeout' || reason === 'no-message-timeout';
  const code = isTimeout ? 'timeout' : 'handshake-failed';
  return new ConnectError(code, `${address}: ${reason} (${detail})`);
}
