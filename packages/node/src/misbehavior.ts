import type { Connection } from './connection.ts';
import { isLocalAddress, parseHostPort } from './network-class.ts';

/** What follows from a breach of the protocol. */
export interface MisbehaviorVerdict {
  readonly disconnects: boolean;
  /** Whether it is a warning that the user should see without asking for debug messages. */
  readonly isWarning: boolean;
  /** Core's line for it. */
  readonly detail: string;
}

/**
 * What becomes of a peer that broke the protocol (Core `MaybeDiscourageAndDisconnect`,
 * net_processing.cpp). Peers that the user trusts or asked for are kept. Of those at an address of
 * this machine, or that come through Tor, only the one is let go: its address is that of others too.
 */
export function misbehaviorVerdict(connection: Connection): MisbehaviorVerdict {
  const { id, peer, permissions, address, network } = connection;
  if (permissions.includes('noban')) {
    return kept(`Warning: not punishing noban peer ${id}!`);
  }
  if (peer.connectionType === 'manual') {
    return kept(`Warning: not punishing manually connected peer ${id}!`);
  }
  const host = parseHostPort(address);
  const isLocal = host !== undefined && isLocalAddress(host);
  if (isLocal) {
    const what = connection.inbound && network === 'onion' ? 'inbound onion' : 'local';
    const detail = `Warning: disconnecting but not discouraging ${what} peer ${id}!`;
    return { disconnects: true, isWarning: false, detail };
  }
  const detail = `Disconnecting and discouraging peer ${id}!`;
  return { disconnects: true, isWarning: false, detail };
}

const kept = (detail: string): MisbehaviorVerdict => ({ disconnects: false, isWarning: true, detail });
