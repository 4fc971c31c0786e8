import type { HeaderAnchor } from '@btcp2p/consensus';
import { hasData, headersFile, retargetHeaders } from '@btcp2p/testdata';

/** Real headers of mainnet, 80 bytes each. */
export interface HeaderRange {
  /** As in the names of the cases. */
  readonly name: string;
  /** The file of the collection that they are from. */
  readonly file: string;
  readonly firstHeight: number;
  /** The first header is what a tree starts from. */
  readonly bytes: Uint8Array;
  /** How many come after the first. */
  readonly added: number;
  readonly lastHeight: number;
}

const FILES = {
  early: { file: 'mainnet_0-10236', firstHeight: 0, name: '0 to 10,236' },
  long: { file: 'mainnet_194270-404640', firstHeight: 194_270, name: '194,270 to 404,640' },
} as const;

/** Whether the ranges are there. */
export function hasHeaders(): boolean {
  return Object.values(FILES).every(({ file }) => hasData(`headers/${file}.bin`));
}

/** The headers from genesis on that difficulty 1 still fits, and 210,371 of 2012 to 2016. */
export function headerRange(which: keyof typeof FILES): HeaderRange {
  const { file, firstHeight, name } = FILES[which];
  const bytes = headersFile(file);
  const added = bytes.length / 80 - 1;
  return { name, file, firstHeight, bytes, added, lastHeight: firstHeight + added };
}

/** What a tree of a range starts from. Work counts from 0: only differences of it matter here. */
export function anchorOf({ bytes, firstHeight }: HeaderRange): HeaderAnchor & {
  readonly periodStart: Uint8Array;
} {
  const start = firstHeight - (firstHeight % 2_016);
  const periodStart = retargetHeaders().find(({ height }) => height === start)?.header;
  if (periodStart === undefined) throw new Error(`no header ${start} among the ends of periods`);
  return { header: bytes.subarray(0, 80), height: firstHeight, chainWork: 0n, periodStart };
}
