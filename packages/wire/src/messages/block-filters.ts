// getcfilters, cfilter, getcfheaders, cfheaders, getcfcheckpt, cfcheckpt (BIP 157)
import { array, hash32, struct, u32, u8, varBytes, type Codec } from '../codec.ts';
import { MAX_GETCFHEADERS_SIZE, MAX_PROTOCOL_MESSAGE_LENGTH } from '../limits.ts';

/** `getcfilters`: type 1 | start height 4 | stop 32. Asks for at most 1,000 filters. */
export interface GetCFilters {
  /** 0 is BIP 158's basic filter. */
  readonly filterType: number;
  readonly startHeight: number;
  /** 32 bytes. */
  readonly stopHash: Uint8Array;
}
export const GetCFilters: Codec<GetCFilters> = struct<GetCFilters>({
  filterType: u8,
  startHeight: u32,
  stopHash: hash32,
});

/** `getcfheaders`: the same layout. Asks for at most 2,000 filter hashes. */
export type GetCFHeaders = GetCFilters;
export const GetCFHeaders: Codec<GetCFHeaders> = GetCFilters;

/** `cfilter`: type 1 | block 32 | filter: CompactSize, bytes. */
export interface CFilter {
  readonly filterType: number;
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly filter: Uint8Array;
}
export const CFilter: Codec<CFilter> = struct<CFilter>({
  filterType: u8,
  blockHash: hash32,
  filter: varBytes(),
});

/** `cfheaders`: type 1 | stop 32 | header before 32 | hashes: CompactSize, 32 each. */
export interface CFHeaders {
  readonly filterType: number;
  /** 32 bytes. */
  readonly stopHash: Uint8Array;
  /** The filter header before the first hash, 32 bytes. */
  readonly previousFilterHeader: Uint8Array;
  /** Filter hashes, 32 bytes each. */
  readonly filterHashes: readonly Uint8Array[];
}
export const CFHeaders: Codec<CFHeaders> = struct<CFHeaders>({
  filterType: u8,
  stopHash: hash32,
  previousFilterHeader: hash32,
  filterHashes: array(hash32, { max: MAX_GETCFHEADERS_SIZE, minSize: 32 }),
});

/** `getcfcheckpt`: type 1 | stop 32. */
export interface GetCFCheckpt {
  readonly filterType: number;
  /** 32 bytes. */
  readonly stopHash: Uint8Array;
}
export const GetCFCheckpt: Codec<GetCFCheckpt> = struct<GetCFCheckpt>({
  filterType: u8,
  stopHash: hash32,
});

/** `cfcheckpt`: type 1 | stop 32 | headers: CompactSize, 32 each: one for every 1,000 blocks. */
export interface CFCheckpt {
  readonly filterType: number;
  /** 32 bytes. */
  readonly stopHash: Uint8Array;
  /** Filter headers, 32 bytes each. */
  readonly filterHeaders: readonly Uint8Array[];
}
export const CFCheckpt: Codec<CFCheckpt> = struct<CFCheckpt>({
  filterType: u8,
  stopHash: hash32,
  filterHeaders: array(hash32, { max: MAX_PROTOCOL_MESSAGE_LENGTH / 32, minSize: 32 }),
});
