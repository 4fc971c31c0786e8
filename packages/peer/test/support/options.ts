import { PeerIds, SeededRng, type Time } from '@btcp2p/machine';
import { regtest, ServiceFlags, unspecifiedAddress, type Version } from '@btcp2p/wire';
import type { PeerOptions } from '../../src/index.ts';

/** Full, with witnesses: what Core asks of most outbound peers. */
export const FULL = ServiceFlags.NODE_NETWORK | ServiceFlags.NODE_WITNESS;

/** When the tests begin. The two clocks have nothing to do with each other. */
export const START: Time = { instant: 5_000, unix: 1_700_000_000 };

export const OUR_NONCE = 0x1111_2222_3333_4444n;

/** Options of an inbound connection, id 0, except for what is given. */
export function peerOptions(changes: Partial<PeerOptions> = {}): PeerOptions {
  return {
    id: new PeerIds().next(),
    connectionType: 'inbound',
    network: regtest,
    rng: new SeededRng(7n),
    now: START,
    address: '203.0.113.7:18444',
    services: FULL,
    userAgent: '/test:1/',
    startHeight: 100,
    relay: true,
    nonce: OUR_NONCE,
    requiredServices: FULL,
    isOwnNonce: (nonce) => nonce === OUR_NONCE,
    ...changes,
  };
}

/** The `version` of a scripted peer, except for what is given. */
export function theirVersion(changes: Partial<Version> = {}): Version {
  return {
    version: 70016,
    services: FULL,
    timestamp: BigInt(START.unix),
    receiver: unspecifiedAddress,
    sender: unspecifiedAddress,
    nonce: 0x9999n,
    userAgent: '/script:0.1/',
    startHeight: 7,
    relay: true,
    ...changes,
  };
}
