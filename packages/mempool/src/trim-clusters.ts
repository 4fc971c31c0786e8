import type { Entry } from './entry.ts';
import { clusterOf, inTopologicalOrder } from './relatives.ts';

/** How much may hang together. */
export interface ClusterLimits {
  /** Transactions. */
  readonly count: number;
  /** Their adjusted weight. */
  readonly weight: number;
}

interface Group {
  count: number;
  weight: number;
}

/** Whether a transaction would hang together with too much. */
export function exceedsCluster(
  { adjustedWeight }: Entry,
  parents: Iterable<Entry>,
  limits: ClusterLimits,
): boolean {
  let count = 1;
  let weight = adjustedWeight;
  if (weight > limits.weight) return true;
  // It is left as soon as that is clear: together the parents may have a large pool.
  for (const entry of clusterOf(parents)) {
    count++;
    weight += entry.adjustedWeight;
    if (count > limits.count || weight > limits.weight) return true;
  }
  return false;
}

/**
 * What is to go so that the clusters of some entries are no larger than they may be, after transactions
 * of blocks came back (Core `TxGraph::Trim`, txgraph.cpp).
 *
 * Specification: of each cluster that is too large, entries are kept one after the other, parents first,
 * as long as what they join is not too large; one that is not kept goes with all that spend its outputs.
 * Rationale: Core keeps better paying ones first. Which are lost matters little: this is about many
 * transactions of blocks that were in conflict with nothing, and will be mined again.
 */
export function excessOf(entries: Iterable<Entry>, limits: ClusterLimits): Set<Entry> {
  const excess = new Set<Entry>();
  const seen = new Set<Entry>();
  for (const entry of entries) {
    if (seen.has(entry)) continue;
    const cluster = clusterOf([entry]);
    for (const each of cluster) seen.add(each);
    for (const each of excessOfCluster(cluster, limits)) excess.add(each);
  }
  return excess;
}

function excessOfCluster(cluster: ReadonlySet<Entry>, limits: ClusterLimits): Set<Entry> {
  const excess = new Set<Entry>();
  const total = { count: cluster.size, weight: 0 };
  for (const { adjustedWeight } of cluster) total.weight += adjustedWeight;
  if (fits(total, limits)) return excess;
  const groups = new Groups();
  for (const entry of inTopologicalOrder(cluster)) {
    const parents = [...entry.parents];
    const isKept =
      parents.every((parent) => !excess.has(parent)) &&
      groups.join(entry, parents, (joined) => fits(joined, limits));
    if (!isKept) excess.add(entry);
  }
  return excess;
}

function fits({ count, weight }: Group, limits: ClusterLimits): boolean {
  return count <= limits.count && weight <= limits.weight;
}

/** Which entries hang together so far (union and find). */
class Groups {
  readonly #leaders = new Map<Entry, Entry>();
  readonly #groups = new Map<Entry, Group>();

  /** Joins an entry with the groups of its parents, if what that makes is acceptable. */
  join(entry: Entry, parents: readonly Entry[], isAcceptable: (group: Group) => boolean): boolean {
    const leaders = new Set(parents.map((parent) => this.#leader(parent)));
    const joined = { count: 1, weight: entry.adjustedWeight };
    for (const leader of leaders) {
      const group = this.#groups.get(leader)!;
      joined.count += group.count;
      joined.weight += group.weight;
    }
    if (!isAcceptable(joined)) return false;
    for (const leader of leaders) this.#leaders.set(leader, entry);
    this.#groups.set(entry, joined);
    return true;
  }

  #leader(entry: Entry): Entry {
    let leader = entry;
    for (let next = this.#leaders.get(leader); next; next = this.#leaders.get(leader)) leader = next;
    // Whoever asks next has a shorter way.
    if (leader !== entry) this.#leaders.set(entry, leader);
    return leader;
  }
}
