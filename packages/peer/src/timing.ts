import { MINUTE, SECOND } from '@btcp2p/machine';

/** Milliseconds from one ping to the next (Core `PING_INTERVAL`, net_processing.cpp). */
export const PING_INTERVAL = 2 * MINUTE;

/**
 * Milliseconds after which a peer that does not answer a ping, or a connection over which nothing
 * passes in one direction, is given up (Core `TIMEOUT_INTERVAL`, net.h).
 */
export const TIMEOUT_INTERVAL = 20 * MINUTE;

/**
 * Milliseconds that the version handshake may take, before which no other timeout applies (Core
 * `DEFAULT_PEER_CONNECT_TIMEOUT`, net.h, and `-peertimeout`).
 */
export const DEFAULT_PEER_CONNECT_TIMEOUT = 60 * SECOND;

/**
 * Milliseconds that an addr-fetch connection may last: ten times Core's
 * `AVG_ADDRESS_BROADCAST_INTERVAL` (net_processing.cpp, SendMessages).
 */
export const ADDR_FETCH_TIMEOUT = 10 * 30 * SECOND;
