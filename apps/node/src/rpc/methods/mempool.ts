import { mempoolEntryMethods } from '../mempool/mempool-entries.ts';
import { mempoolInfoMethods } from '../mempool/mempool-info.ts';
import type { MempoolMethod } from '../mempool/mempool-part.ts';
import { spendingMethods } from '../mempool/spending.ts';

/** The methods about transactions that are in no block yet (Core rpc/mempool.cpp). */
export const mempoolMethods: readonly MempoolMethod[] = [
  ...mempoolEntryMethods, ...mempoolInfoMethods, ...spendingMethods,
];
