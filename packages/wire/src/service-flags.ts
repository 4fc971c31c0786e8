/**
 * What a node offers, as bits of a 64-bit number (Core `ServiceFlags`, protocol.h).
 */
export const ServiceFlags = {
  NODE_NONE: 0n,
  /** Serves the whole chain. */
  NODE_NETWORK: 1n << 0n,
  /** Serves connections with bloom filters (BIP 37, BIP 111). */
  NODE_BLOOM: 1n << 2n,
  /** Serves blocks and transactions with witnesses (BIP 144). */
  NODE_WITNESS: 1n << 3n,
  /** Serves block filters (BIP 157). */
  NODE_COMPACT_FILTERS: 1n << 6n,
  /** Serves at least the last 288 blocks (BIP 159). */
  NODE_NETWORK_LIMITED: 1n << 10n,
  /** Speaks the v2 transport (BIP 324). */
  NODE_P2P_V2: 1n << 11n,
} as const;

const NAMES = new Map<number, string>([
  [0, 'NETWORK'],
  [2, 'BLOOM'],
  [3, 'WITNESS'],
  [6, 'COMPACT_FILTERS'],
  [10, 'NETWORK_LIMITED'],
  [11, 'P2P_V2'],
]);

/** The set bits by name, lowest first, as Core's `getpeerinfo` lists them: `UNKNOWN[2^n]` if new. */
export function serviceNames(services: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if ((services >> BigInt(bit)) & 1n) names.push(NAMES.get(bit) ?? `UNKNOWN[2^${bit}]`);
  }
  return names;
}
