import type { MempoolEntry } from './entry.ts';
import { compareFeeRates, type FeeRate } from './fee-rate.ts';
import { ancestorsOf, clusterOf } from './relatives.ts';

/**
 * Transactions that are best mined together: those that pay for others with these. `size` is their
 * adjusted weight (Core "chunk", doc/design/mempool-design).
 */
export interface Chunk extends FeeRate {
  /** Parents before children. */
  readonly entries: readonly MempoolEntry[];
}

interface Growing {
  entries: MempoolEntry[];
  fee: bigint;
  size: number;
}

/**
 * The transactions of a cluster in an order in which to mine them, in chunks whose fee rates do not
 * rise.
 *
 * Specification: again and again, the transaction that pays best together with all its ancestors that
 * are left comes next, with those; then neighbours of which the later pays better are joined.
 * Rationale: parents come before children, and a child that pays for its parents takes them along. It
 * is not always the best order, which Core finds (txgraph.cpp): where several children pay for one
 * parent together, none of them counts the others. Its time is the cube of the number of transactions,
 * at most 64.
 */
export function linearize(cluster: readonly MempoolEntry[]): Chunk[] {
  const [first] = cluster;
  if (first !== undefined && cluster.length === 1) return [chunkOf(first)];
  const places = new Map(cluster.map((entry, i) => [entry, i]));
  const needs = cluster.map((entry, i) => {
    const ancestors = [...ancestorsOf(entry)].map((each) => places.get(each)!);
    return [...ancestors, i];
  });
  const left = new Set(cluster.keys());
  const chunks: Growing[] = [];
  while (left.size > 0) {
    let best: { readonly place: number; readonly rate: FeeRate } | undefined;
    for (const place of left) {
      const rate = rateOf(cluster, needs[place]!, left);
      if (best === undefined || compareFeeRates(rate, best.rate) > 0) best = { place, rate };
    }
    const chosen = needs[best!.place]!.filter((place) => left.delete(place));
    chosen.sort((a, b) => needs[a]!.length - needs[b]!.length);
    const { fee, size } = best!.rate;
    append(chunks, { entries: chosen.map((place) => cluster[place]!), fee, size });
  }
  return chunks;
}

/** The chunks of all clusters, best first. */
export function chunksOf(entries: Iterable<MempoolEntry>): Chunk[] {
  const chunks: Chunk[] = [];
  const done = new Set<MempoolEntry>();
  for (const entry of entries) {
    if (done.has(entry)) continue;
    if (entry.parents.size === 0 && entry.children.size === 0) {
      chunks.push(chunkOf(entry));
      continue;
    }
    const cluster = [...clusterOf([entry])];
    for (const each of cluster) done.add(each);
    chunks.push(...linearize(cluster));
  }
  // The sort is stable: chunks of one cluster stay in their order.
  return chunks.sort((a, b) => compareFeeRates(b, a));
}

function chunkOf(entry: MempoolEntry): Chunk {
  return { entries: [entry], fee: entry.fee, size: entry.adjustedWeight };
}

function rateOf(
  cluster: readonly MempoolEntry[],
  places: readonly number[],
  left: ReadonlySet<number>,
): FeeRate {
  let fee = 0n;
  let size = 0;
  for (const place of places) {
    if (!left.has(place)) continue;
    fee += cluster[place]!.fee;
    size += cluster[place]!.adjustedWeight;
  }
  return { fee, size };
}

function append(chunks: Growing[], chunk: Growing): void {
  chunks.push(chunk);
  for (;;) {
    const [before, last] = [chunks.at(-2), chunks.at(-1)!];
    if (before === undefined || compareFeeRates(last, before) <= 0) return;
    chunks.pop();
    before.entries.push(...last.entries);
    before.fee += last.fee;
    before.size += last.size;
  }
}
