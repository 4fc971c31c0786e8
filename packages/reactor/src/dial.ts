import { connect, type Socket } from 'node:net';
import { parseDialAddress } from './socket-address.ts';

/** What becomes of a dial: exactly one of the two is called, and never before `dial` returns. */
export interface DialOutcome {
  onConnected(socket: Socket): void;
  onFailed(cause: string): void;
}

/**
 * Dials `host:port` over TCP. A name is looked up by the system.
 *
 * @param timeout milliseconds, for look-up and connection together
 * @returns a function that gives the dial up: it then fails with the cause that it is given, at
 *   once, unless it has come to its end before
 */
export function dial(
  address: string,
  timeout: number,
  outcome: DialOutcome,
): (cause: string) => void {
  const target = parseDialAddress(address);
  if (typeof target === 'string') return failLater(target, outcome);
  let ended = false;
  const socket = connect({ ...target, noDelay: true });
  const fail = (cause: string): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    socket.destroy();
    outcome.onFailed(cause);
  };
  // The socket holds the process as long as this timer may be needed.
  const timer = setTimeout(() => fail('timeout'), timeout).unref();
  const onError = (error: Error): void => fail(causeOf(error));
  socket.on('error', onError);
  socket.once('connect', () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    socket.removeListener('error', onError);
    outcome.onConnected(socket);
  });
  return fail;
}

function failLater(cause: string, outcome: DialOutcome): (cause: string) => void {
  let ended = false;
  const fail = (cause: string): void => {
    if (ended) return;
    ended = true;
    clearImmediate(immediate);
    outcome.onFailed(cause);
  };
  const immediate = setImmediate(() => fail(cause));
  return fail;
}

/** The system's code of an error (`ECONNREFUSED`), or else its message. */
export function causeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
