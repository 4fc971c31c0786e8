/** What the mining process tells. Hashes are hex as people write them. */
export type FromMiner =
  | { readonly type: 'listening'; readonly address: string; readonly height: number }
  /** What the first peer's connection is encrypted with: the session's id, or empty with v1. */
  | { readonly type: 'session'; readonly id: string }
  | { readonly type: 'mined'; readonly height: number; readonly hash: string };

/** What it is told: to mine a block every so many milliseconds, up to a height. */
export interface ToMiner {
  readonly interval: number;
  readonly until: number;
}
