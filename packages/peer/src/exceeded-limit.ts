import type { ConnectionType } from './connection-type.ts';

/** What becomes of a peer whose message has more entries than the protocol allows. */
export type LimitVerdict = 'misbehaving' | 'disconnect' | 'ignore';

const VERDICTS: ReadonlyMap<string, LimitVerdict> = new Map<string, LimitVerdict>([
  ['inv', 'misbehaving'],
  ['getdata', 'misbehaving'],
  ['addr', 'misbehaving'],
  ['addrv2', 'misbehaving'],
  ['headers', 'misbehaving'],
  ['getblocks', 'disconnect'],
  ['getheaders', 'disconnect'],
]);

/**
 * Core's verdict on a message that exceeds its limit (net_processing.cpp, at each message).
 *
 * The lists of the other messages have no limit of their own in Core, or one that is part of their
 * format: they are ignored like anything else that does not decode. So are addresses from a
 * `block-relay-only` peer, which Core does not look at.
 */
export function limitVerdict(messageType: string, connection: ConnectionType): LimitVerdict {
  const isAddresses = messageType === 'addr' || messageType === 'addrv2';
  if (isAddresses && connection === 'block-relay-only') return 'ignore';
  return VERDICTS.get(messageType) ?? 'ignore';
}
