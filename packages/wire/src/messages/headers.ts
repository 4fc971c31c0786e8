// headers: CompactSize count (at most 2,000), then for each
//   header 80 | CompactSize count of transactions, always 0
import { BLOCK_HEADER_SIZE, BlockHeader } from '../block-header.ts';
import type { Codec } from '../codec.ts';
import { MAX_HEADERS_RESULTS } from '../limits.ts';
import type { Reader } from '../reader.ts';
import { compactSizeSize } from '../writer.ts';

/** `headers` answers `getheaders`, or announces blocks (BIP 130). */
export interface Headers {
  /** Each the child of the one before. */
  readonly headers: readonly BlockHeader[];
}

export const Headers: Codec<Headers> = {
  size: ({ headers }) => compactSizeSize(headers.length) + headers.length * (BLOCK_HEADER_SIZE + 1),
  write(writer, { headers }) {
    writer.compactSize(headers.length);
    for (const header of headers) {
      BlockHeader.write(writer, header);
      writer.u8(0);
    }
  },
  read(reader: Reader): Headers {
    // Core looks at the count before it reads a header, so that too many are `limit-exceeded` even
    // if they are not all there (net_processing.cpp, HEADERS).
    const start = reader.offset;
    const count = reader.compactSize();
    if (count > MAX_HEADERS_RESULTS) reader.fail('limit-exceeded', start, count);
    if (count * (BLOCK_HEADER_SIZE + 1) > reader.remaining) reader.fail('truncated', start);
    const headers: BlockHeader[] = [];
    for (let i = 0; i < count; i++) {
      headers.push(BlockHeader.read(reader));
      // Core reads this count and ignores it (net_processing.cpp, HEADERS).
      reader.compactSize();
    }
    return { headers };
  },
};
