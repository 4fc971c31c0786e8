import { hashToHex } from '@btcp2p/wire';
import type { EntryAnswer } from '../../chain/mempool-messages.ts';
import type { JsonMembers } from '../json-value.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });
const flag = (name: string, description: string): RpcResult => ({ type: 'boolean', name, description });
const txids = (name: string, description: string): RpcResult => (
  { type: 'array', name, description, inner: [{ type: 'hex', name: 'transactionid', description: 'Its id' }] }
);

/** What {@link entryToJson} gives. */
export const ENTRY_RESULT: readonly RpcResult[] = [
  number('vsize', 'Virtual bytes; more than BIP 141 has it where there are many signature operations'),
  number('weight', 'The weight (BIP 141)'),
  { type: 'time', name: 'time', description: 'When it came' },
  number('height', 'The height of the chain when it came'),
  number('descendantcount', 'How many build on it, with itself'),
  number('descendantsize', 'Virtual bytes of those'),
  number('ancestorcount', 'How many it builds on, with itself'),
  number('ancestorsize', 'Virtual bytes of those'),
  number('chunkweight', 'The weight of what it would be mined with, as vsize has it'),
  { type: 'hex', name: 'wtxid', description: 'Its id with witnesses' },
  {
    type: 'object', name: 'fees', description: 'What it pays, in BTC',
    inner: [
      money('base', 'Its fee'),
      money('modified', 'Its fee as miners should see it: the same, since there are no priorities yet'),
      money('ancestor', 'The fees of those that it builds on, with its own'),
      money('descendant', 'The fees of those that build on it, with its own'),
      money('chunk', 'The fees of what it would be mined with'),
    ],
  },
  txids('depends', 'Those whose outputs it spends'),
  txids('spentby', 'Those that spend its outputs'),
  flag('bip125-replaceable', 'Whether it, or one that it builds on, says that it may be replaced (BIP 125)'),
  flag('unbroadcast', 'Whether it is the user\'s, and no peer has asked for it yet'),
];

/** A transaction of the mempool as RPCs show it (Core `entryToJSON`, rpc/mempool.cpp). */
export function entryToJson(entry: EntryAnswer): JsonMembers {
  const { ancestors, descendants, chunk } = entry;
  return {
    vsize: entry.virtualSize,
    weight: entry.weight,
    time: entry.time,
    height: entry.height,
    descendantcount: descendants.count,
    descendantsize: descendants.virtualSize,
    ancestorcount: ancestors.count,
    ancestorsize: ancestors.virtualSize,
    wtxid: hashToHex(entry.wtxid),
    chunkweight: chunk.weight,
    fees: {
      base: amount(entry.fee),
      modified: amount(entry.fee),
      ancestor: amount(ancestors.fee),
      descendant: amount(descendants.fee),
      chunk: amount(chunk.fee),
    },
    depends: entry.parents.map(hashToHex).sort(),
    spentby: entry.children.map(hashToHex),
    'bip125-replaceable': entry.isReplaceable,
    unbroadcast: entry.isUnbroadcast,
  };
}
