import { ChainstateError, type BlockFilterIndex, type BlockId } from '@btcp2p/chainstate';
import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { BlockFilter, ChainResult, FilterJob } from '@btcp2p/node';

/** Filters that are read at a time, and their bytes, unless the first has more. */
const MAX_FILTERS = 100;
const MAX_FILTER_BYTES = 500_000;

/** What the genesis block's filter header has in place of its parent's (BIP 157). */
const NO_FILTER_HEADER = new Uint8Array(32);

const FAILED: ChainResult = { type: 'failed', detail: 'not in the index' };

/** Does a job about filters, of blocks that the tree knows. It fails where the index does not have them. */
export function performFilterJob(
  job: FilterJob,
  index: BlockFilterIndex | undefined,
  headers: HeaderTree,
): ChainResult {
  if (index === undefined) return FAILED;
  try {
    switch (job.type) {
      case 'read-filters':
        return readFilters(job.startHeight, job.stop, index, headers);
      case 'read-filter-hashes':
        return readHashes(job.startHeight, job.stop, index, headers);
      case 'read-filter-checkpoints': {
        const found = index.checkpoints(idOf(job.stop, headers));
        return found === undefined ? FAILED : { type: 'filter-checkpoints', headers: found };
      }
    }
  } catch (error) {
    // Part of the index is broken: who asked gets nothing, rather than something wrong.
    if (error instanceof ChainstateError) return FAILED;
    throw error;
  }
}

function readFilters(
  startHeight: number,
  stop: HeaderEntry,
  index: BlockFilterIndex,
  headers: HeaderTree,
): ChainResult {
  const last = Math.min(headers.height(stop), startHeight + MAX_FILTERS - 1);
  const found = index.filters(startHeight, idOf(headers.ancestor(stop, last), headers));
  if (found === undefined) return FAILED;
  const filters: BlockFilter[] = [];
  let size = 0;
  for (const each of found) {
    size += each.filter.length;
    if (filters.length > 0 && size > MAX_FILTER_BYTES) break;
    filters.push(each);
  }
  return { type: 'filters', filters };
}

function readHashes(
  startHeight: number,
  stop: HeaderEntry,
  index: BlockFilterIndex,
  headers: HeaderTree,
): ChainResult {
  const entries = index.range(startHeight, idOf(stop, headers));
  const previous = startHeight === 0
    ? NO_FILTER_HEADER
    : index.find(idOf(headers.ancestor(stop, startHeight - 1), headers))?.header;
  if (entries === undefined || previous === undefined) return FAILED;
  const hashes = entries.map(({ filterHash }) => filterHash);
  return { type: 'filter-hashes', previousHeader: previous, hashes };
}

function idOf(entry: HeaderEntry, headers: HeaderTree): BlockId {
  return { hash: headers.hash(entry), height: headers.height(entry) };
}
