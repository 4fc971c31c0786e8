// Values: Core node/protocol_version.h, and BIP 434 for the last.

/** What we speak unless told otherwise (Core `PROTOCOL_VERSION`). */
export const PROTOCOL_VERSION = 70016;

/** Peers that speak less are let go (Core `MIN_PEER_PROTO_VERSION`). */
export const MIN_PEER_PROTO_VERSION = 31800;

/** Above it, pings have a nonce and are answered (Core `BIP0031_VERSION`; BIP 31). */
export const BIP0031_VERSION = 60000;

/** From it on, `sendcmpct` is understood (Core `SHORT_IDS_BLOCKS_VERSION`; BIP 152). */
export const SHORT_IDS_BLOCKS_VERSION = 70014;

/**
 * From it on, `wtxidrelay` (Core `WTXID_RELAY_VERSION`; BIP 339), and `sendaddrv2` too: BIP 155
 * names no version, but whoever knows that message announces this one or a later (Core
 * net_processing.cpp, VERSION).
 */
export const WTXID_RELAY_VERSION = 70016;

/** From it on, `feature` messages may be exchanged before `verack` (BIP 434). */
export const FEATURE_VERSION = 70017;

/** Compact blocks whose short ids are made of wtxids (Core `CMPCTBLOCKS_VERSION`; BIP 152). */
export const CMPCTBLOCKS_VERSION = 2n;
