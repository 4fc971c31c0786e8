/**
 * Why a peer was let go:
 *
 * - `feeler-complete`: a feeler has learnt what it came for
 * - `self-connection`: the peer is this node
 * - `obsolete-version`: it speaks less than protocol version 31800
 * - `insufficient-services`: it lacks services that an outbound peer must offer
 * - `late-negotiation`: it sent `wtxidrelay`, `sendaddrv2` or `feature` after `verack`
 * - `invalid-feature`: it sent a `feature` that BIP 434 does not allow
 * - `header-error`: its bytes cannot be followed: another network's magic, or a message too large
 * - `v2-error`: its encrypted bytes cannot be followed (BIP 324): another network, garbage without
 *   end, a packet that is not authentic or too large
 * - `oversized-locator`: its `getheaders` or `getblocks` had more than 101 hashes
 * - `misbehaving`: it broke the protocol; the caller should discourage its address
 * - `no-message-timeout`: one side had said nothing when the time for the handshake was up
 * - `handshake-timeout`: the version handshake did not end in time
 * - `ping-timeout`: a ping went unanswered for 20 minutes
 * - `receive-timeout`: nothing came for 20 minutes
 * - `addr-fetch-timeout`: an addr-fetch connection got no addresses in 5 minutes
 */
export type DisconnectReason =
  | 'feeler-complete'
  | 'self-connection'
  | 'obsolete-version'
  | 'insufficient-services'
  | 'late-negotiation'
  | 'invalid-feature'
  | 'header-error'
  | 'v2-error'
  | 'oversized-locator'
  | 'misbehaving'
  | 'no-message-timeout'
  | 'handshake-timeout'
  | 'ping-timeout'
  | 'receive-timeout'
  | 'addr-fetch-timeout';

const TRANSIENT: Readonly<Record<DisconnectReason, boolean>> = {
  'feeler-complete': true,
  'self-connection': false,
  'obsolete-version': false,
  'insufficient-services': false,
  'late-negotiation': false,
  'invalid-feature': false,
  'header-error': false,
  'v2-error': false,
  'oversized-locator': false,
  misbehaving: false,
  'no-message-timeout': true,
  'handshake-timeout': true,
  'ping-timeout': true,
  'receive-timeout': true,
  'addr-fetch-timeout': true,
};

/**
 * Whether the same address may well serve us another time. The other reasons lie with the program
 * that answers there, and will not pass by themselves.
 */
export function isTransient(reason: DisconnectReason): boolean {
  return TRANSIENT[reason];
}
