/** Something that hangs together with others of its kind. */
interface Linked<T> {
  readonly parents: ReadonlySet<T>;
  readonly children: ReadonlySet<T>;
}

/** All whose outputs an entry spends, directly or not; without itself. */
export function ancestorsOf<T extends Linked<T>>(entry: T): Set<T> {
  const found = reach([entry], ({ parents }) => [parents]);
  found.delete(entry);
  return found;
}

/** All that spend its outputs, directly or not; without itself. */
export function descendantsOf<T extends Linked<T>>(entry: T): Set<T> {
  const found = reach([entry], ({ children }) => [children]);
  found.delete(entry);
  return found;
}

/** Some entries and all that spend their outputs, directly or not. */
export function withDescendants<T extends Linked<T>>(entries: Iterable<T>): Set<T> {
  return reach(entries, ({ children }) => [children]);
}

/** All that hang together with some entries, themselves included (a cluster, if they do with one another). */
export function clusterOf<T extends Linked<T>>(entries: Iterable<T>): Set<T> {
  return reach(entries, ({ parents, children }) => [parents, children]);
}

/** Parents before children. */
export function inTopologicalOrder<T extends Linked<T>>(entries: Iterable<T>): T[] {
  const left = new Map<T, number>();
  for (const entry of entries) left.set(entry, 0);
  for (const [entry] of left) {
    let count = 0;
    for (const parent of entry.parents) if (left.has(parent)) count++;
    left.set(entry, count);
  }
  const sorted = [...left.keys()].filter((entry) => left.get(entry) === 0);
  for (const entry of sorted) {
    for (const child of entry.children) {
      const count = left.get(child);
      if (count === undefined) continue;
      left.set(child, count - 1);
      if (count === 1) sorted.push(child);
    }
  }
  return sorted;
}

function reach<T>(from: Iterable<T>, next: (entry: T) => readonly Iterable<T>[]): Set<T> {
  const found = new Set(from);
  // A set that grows while it is gone through gives what was added too.
  for (const entry of found) for (const others of next(entry)) for (const one of others) found.add(one);
  return found;
}
