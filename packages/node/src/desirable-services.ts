import { ServiceFlags } from '@btcp2p/wire';

/**
 * How many blocks the tip may be old for peers with recent blocks only to be of use (BIP 159; Core
 * `NODE_NETWORK_LIMITED_ALLOW_CONN_BLOCKS`, net_processing.cpp).
 */
export const NODE_NETWORK_LIMITED_ALLOW_CONN_BLOCKS = 144;

/**
 * What a peer that we choose has to offer (Core `GetDesirableServiceFlags`, net_processing.cpp):
 * the whole chain, or recent blocks if that is all that we lack, and witnesses.
 *
 * @param services what it does offer
 * @param depth how many blocks have probably been found since our tip
 */
export function desirableServices(services: bigint, depth: number): bigint {
  const { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } = ServiceFlags;
  const isLimited = (services & NODE_NETWORK_LIMITED) !== 0n;
  const suffices = isLimited && depth < NODE_NETWORK_LIMITED_ALLOW_CONN_BLOCKS;
  return (suffices ? NODE_NETWORK_LIMITED : NODE_NETWORK) | NODE_WITNESS;
}
