/**
 * Compact block filters (BIP 158), with which a light client finds its blocks without saying what
 * it looks for: built from a block and what it spends, decoded, matched; filter headers (BIP 157).
 *
 * @example
 * import { basicFilter, filterHash, filterHeader } from '@btcp2p/bip158';
 *
 * const filter = basicFilter(block, spentScripts); // `filter.bytes` go into a `cfilter` message
 * const header = filterHeader(filterHash(filter.bytes), previousHeader);
 * if (filter.matchAny(myScripts)) download(block);
 *
 * @packageDocumentation
 */
export { GcsFilter } from './gcs-filter.ts';
export {
  BASIC_FILTER_TYPE, basicFilter, filterHash, filterHeader, NO_FILTER_HEADER,
} from './basic-filter.ts';
export { BASIC_FILTER_P } from './golomb-rice.ts';
export { BASIC_FILTER_M } from './hashed-set.ts';
