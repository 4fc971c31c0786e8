/** The largest CompactSize that serialised data may hold: 32 MiB (Core `MAX_SIZE`, serialize.h). */
export const MAX_SIZE = 0x02000000;

/** Largest payload of any message, in bytes (Core `MAX_PROTOCOL_MESSAGE_LENGTH`, net.h). */
export const MAX_PROTOCOL_MESSAGE_LENGTH = 4_000_000;

/** Most entries of `inv`, `getdata` and `notfound` (Core `MAX_INV_SZ`, net_processing.cpp). */
export const MAX_INV_SZ = 50_000;

/** Most addresses in `addr` and `addrv2` (Core `MAX_ADDR_TO_SEND`, net_processing.cpp; BIP 155). */
export const MAX_ADDR_TO_SEND = 1_000;

/** Most headers in `headers` (Core `MAX_HEADERS_RESULTS`, net_processing.h; BIP 130). */
export const MAX_HEADERS_RESULTS = 2_000;

/** Most hashes in a block locator (Core `MAX_LOCATOR_SZ`, net_processing.cpp). */
export const MAX_LOCATOR_SZ = 101;

/** Longest user agent, in bytes (Core `MAX_SUBVERSION_LENGTH`, net.h; BIP 14). */
export const MAX_SUBVERSION_LENGTH = 256;

/** Longest address of an `addrv2` entry, in bytes (BIP 155; Core `MAX_ADDRV2_SIZE`). */
export const MAX_ADDRV2_SIZE = 512;

/** Largest weight of a block (BIP 141; Core `MAX_BLOCK_WEIGHT`, consensus/consensus.h). */
export const MAX_BLOCK_WEIGHT = 4_000_000;

/** What a byte without witness weighs (BIP 141; Core `WITNESS_SCALE_FACTOR`). */
export const WITNESS_SCALE_FACTOR = 4;

/**
 * Fewest bytes of a transaction on the wire: version, two empty lists, lock time. A count of
 * transactions is checked against it before anything is allocated. Core's
 * `MIN_SERIALIZABLE_TRANSACTION_WEIGHT` (consensus/consensus.h) is four times as much.
 */
export const MIN_TRANSACTION_SIZE = 10;

/** Most bytes of a bloom filter (BIP 37; Core `MAX_BLOOM_FILTER_SIZE`, common/bloom.h). */
export const MAX_BLOOM_FILTER_SIZE = 36_000;

/** Most hash functions of a bloom filter (BIP 37; Core `MAX_HASH_FUNCS`, common/bloom.h). */
export const MAX_HASH_FUNCS = 50;

/** Most bytes of one element of a bloom filter (BIP 37; Core `MAX_SCRIPT_ELEMENT_SIZE`). */
export const MAX_SCRIPT_ELEMENT_SIZE = 520;

/** Most hashes in a `cfheaders` (BIP 157; Core `MAX_GETCFHEADERS_SIZE`, net_processing.cpp). */
export const MAX_GETCFHEADERS_SIZE = 2_000;

/** Most filters that one `getcfilters` may ask for (BIP 157; Core `MAX_GETCFILTERS_SIZE`). */
export const MAX_GETCFILTERS_SIZE = 1_000;

/** Blocks between two checkpoints of `cfcheckpt` (BIP 157; Core `CFCHECKPT_INTERVAL`). */
export const CFCHECKPT_INTERVAL = 1_000;
