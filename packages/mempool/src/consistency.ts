import { checkTransactionInputs, isFinalTransaction } from '@btcp2p/consensus';
import type { Entry } from './entry.ts';
import type { EntryGraph } from './entry-graph.ts';
import { outPointKey } from './hash-key.ts';
import type { MempoolChain, MempoolCoin } from './ports.ts';
import { inTopologicalOrder } from './relatives.ts';

/** @throws Error if entries contradict one another, their sums, or the coins */
export function assertConsistent(graph: EntryGraph, chain: MempoolChain): void {
  const sums = { size: 0, virtualSize: 0, fee: 0n, usage: 0, spent: 0 };
  const sorted = inTopologicalOrder(graph);
  for (const entry of sorted) {
    checkEntry(entry, graph, chain);
    sums.size++;
    sums.virtualSize += entry.virtualSize;
    sums.fee += entry.fee;
    sums.usage += entry.usage;
    sums.spent += entry.spends.length;
  }
  expect(sums.size === graph.size, 'a circle of transactions');
  expect(sums.virtualSize === graph.virtualSize, 'the sum of sizes');
  expect(sums.fee === graph.fee, 'the sum of fees');
  expect(sums.usage === graph.usage, 'the sum of memory');
  expect(sums.spent === graph.spentCount, 'the number of spent outputs');
}

function checkEntry(entry: Entry, graph: EntryGraph, chain: MempoolChain): void {
  const transaction = entry.view.transaction();
  const parents = new Set<Entry>();
  const height = chain.height + 1;
  expect(graph.get(entry.txid) === entry && graph.getByWtxid(entry.wtxid) === entry, 'an index');
  const coins = transaction.inputs.map(({ prevout }, i): MempoolCoin | undefined => {
    expect(entry.spends[i] === outPointKey(prevout), 'a key of an outpoint');
    expect(graph.spender(prevout) === entry, 'an output that is spent twice');
    const parent = graph.get(prevout.txid);
    if (parent === undefined) return chain.coins.getCoin(prevout);
    parents.add(parent);
    const output = parent.view.transaction().outputs[prevout.index];
    return output && { ...output, height, isCoinbase: false };
  });
  expect(isSame(parents, entry.parents), 'the parents');
  const children = graph.spendersOf(entry.key, transaction.outputs.length);
  expect(isSame(children, entry.children), 'the children');
  const inputs = checkTransactionInputs(transaction, coins, height);
  expect(inputs.status === 'ok' && inputs.fee === entry.fee, 'inputs');
  expect(isFinalTransaction(transaction, height, chain.medianTimePast), 'a lock time');
}

function isSame(a: ReadonlySet<Entry>, b: ReadonlySet<Entry>): boolean {
  return a.size === b.size && [...a].every((entry) => b.has(entry));
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the mempool is inconsistent: ${what}`);
}
