/** The middle of some values, or the mean of the middle two rounded towards 0; 0 of none. */
export function median(values: readonly bigint[]): bigint {
  const sorted = values.toSorted(compare);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0n;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2n;
}

/**
 * The rates below which 10, 25, 50, 75 and 90 percent of all weight are (Core
 * `CalculatePercentilesByWeight`, rpc/blockchain.cpp); 0 if there are none.
 */
export function percentilesByWeight(
  rates: readonly { readonly rate: bigint; readonly weight: number }[],
  totalWeight: number,
): bigint[] {
  const sorted = rates.toSorted((a, b) => compare(a.rate, b.rate) || a.weight - b.weight);
  const marks = [
    totalWeight / 10, totalWeight / 4, totalWeight / 2, (totalWeight * 3) / 4, (totalWeight * 9) / 10,
  ];
  const found: bigint[] = [];
  let weight = 0;
  for (const each of sorted) {
    weight += each.weight;
    while (found.length < marks.length && weight >= marks[found.length]!) found.push(each.rate);
  }
  const last = sorted.at(-1)?.rate ?? 0n;
  return marks.map((_, i) => found[i] ?? last);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
