import { hashToHex, ServiceFlags, type InventoryVector, type Message } from '@btcp2p/wire';
import type { Connection } from './connection.ts';
import { BASIC_FILTER_TYPE } from './filter-server.ts';

/** What becomes of a message that is about addresses, transactions or filters. */
export type RelayVerdict =
  /** The peer is let go. */
  | {
      readonly type: 'disconnect';
      readonly reason: 'addr-fetch-complete' | 'unwanted-transaction' | 'unsupported-request';
      readonly detail: string;
    }
  /** Nothing happens but a line in the log. */
  | { readonly type: 'ignored'; readonly detail: string };

/** What the verdict depends on, besides the connection. */
export interface RelayContext {
  /** What we offer: bits of `ServiceFlags`. */
  readonly services: bigint;
  /** Whether we take transactions at all (without Core's `-blocksonly`). */
  readonly takesTransactions: boolean;
}

/**
 * What Core does with messages about addresses, transactions and filters while it has no addresses
 * and no transactions to give, as ours never does so far.
 *
 * **Specification** (Core net_processing.cpp, at each message).
 *
 * 1. `getaddr` is answered to inbound peers, once. There is nothing to answer.
 * 2. An addr-fetch connection ends with the first `addr` of more than one address: one alone may be
 *    the peer's own.
 * 3. A transaction, or an `inv` of one, on a connection on which we asked for none, ends it.
 * 4. `mempool` and the messages of bloom filters (BIP 35, 37) from peers to which we do not offer
 *    them end the connection; so do requests for block filters (BIP 157) that we do not have.
 */
export function relayVerdict(
  connection: Connection,
  message: Message,
  context: RelayContext,
): RelayVerdict | undefined {
  const { id, permissions } = connection;
  const offers = (service: bigint): boolean => (context.services & service) !== 0n;
  switch (message.type) {
    case 'getaddr':
      return getAddr(connection);
    case 'addr':
    case 'addrv2':
      return addresses(connection, message.type, message.payload.addresses.length);
    case 'inv':
      return transactionInventory(connection, message.payload.inventory, context);
    case 'tx':
      if (!rejectsTransactions(connection, context)) return undefined;
      return end(id, 'unwanted-transaction', 'transaction sent in violation of protocol');
    case 'mempool':
      if (offers(ServiceFlags.NODE_BLOOM) || permissions.includes('mempool')) return undefined;
      if (permissions.includes('noban')) return undefined;
      return end(id, 'unsupported-request', 'mempool request with bloom filters disabled');
    case 'filterload':
    case 'filteradd':
    case 'filterclear':
      if (offers(ServiceFlags.NODE_BLOOM)) return undefined;
      return end(id, 'unsupported-request', `${message.type} received despite not offering bloom services`);
    case 'getcfilters':
    case 'getcfheaders':
    case 'getcfcheckpt': {
      const { filterType } = message.payload;
      const isKnown = filterType === BASIC_FILTER_TYPE;
      if (isKnown && offers(ServiceFlags.NODE_COMPACT_FILTERS)) return undefined;
      const what = `peer requested unsupported block filter type: ${filterType}`;
      return end(id, 'unsupported-request', what);
    }
    default:
      return undefined;
  }
}

/** Whether a peer may send us no transactions (Core `RejectIncomingTxs`, net_processing.cpp). */
export function rejectsTransactions(
  { peer, permissions }: Connection,
  { takesTransactions }: RelayContext,
): boolean {
  const { connectionType } = peer;
  if (connectionType === 'block-relay-only' || connectionType === 'feeler') return true;
  return !takesTransactions && !permissions.includes('relay');
}

function getAddr(connection: Connection): RelayVerdict | undefined {
  const { id, inbound } = connection;
  if (!inbound) {
    const from = `${connection.peer.connectionType} connection. peer=${id}`;
    return { type: 'ignored', detail: `Ignoring "getaddr" from ${from}` };
  }
  connection.relaysAddresses = true;
  if (connection.askedForAddresses) {
    return { type: 'ignored', detail: `Ignoring repeated "getaddr". peer=${id}` };
  }
  connection.askedForAddresses = true;
  return undefined;
}

function addresses(connection: Connection, type: string, count: number): RelayVerdict | undefined {
  const { id } = connection;
  const { connectionType } = connection.peer;
  if (connectionType === 'block-relay-only') {
    const detail = `ignoring ${type} message from ${connectionType} peer=${id}`;
    return { type: 'ignored', detail };
  }
  connection.relaysAddresses = true;
  if (connectionType !== 'addr-fetch' || count <= 1) return undefined;
  return end(id, 'addr-fetch-complete', 'addrfetch connection completed');
}

function transactionInventory(
  connection: Connection,
  inventory: readonly InventoryVector[],
  context: RelayContext,
): RelayVerdict | undefined {
  if (!rejectsTransactions(connection, context)) return undefined;
  const { wtxidRelay } = connection.peer;
  const found = inventory.find(({ type }) => type === (wtxidRelay ? 'wtx' : 'tx') || type === 'witness_tx');
  if (found === undefined) return undefined;
  const what = `transaction (${hashToHex(found.hash)}) inv sent in violation of protocol`;
  return end(connection.id, 'unwanted-transaction', what);
}

function end(
  id: number,
  reason: Extract<RelayVerdict, { type: 'disconnect' }>['reason'],
  why: string,
): RelayVerdict {
  return { type: 'disconnect', reason, detail: `${why}, disconnecting peer=${id}` };
}
