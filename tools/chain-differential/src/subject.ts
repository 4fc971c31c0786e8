/** The end of a branch, as `getchaintips` has it. */
export interface ChainTip {
  readonly height: number;
  readonly hash: string;
  readonly branchlen: number;
  readonly status: string;
}

/** What is compared: at once, or later. Blocks and headers come as bytes, hashes in wire order. */
export interface Subject {
  submitBlock(bytes: Uint8Array, now: number): string | null | Promise<string | null>;
  submitHeader(bytes: Uint8Array, now: number): string | null | Promise<string | null>;
  /** `getblocktemplate` with a proposal. */
  propose(bytes: Uint8Array, now: number): string | null | Promise<string | null>;
  invalidate(hash: Uint8Array): string | null | Promise<string | null>;
  reconsider(hash: Uint8Array): string | null | Promise<string | null>;
  precious(hash: Uint8Array): string | null | Promise<string | null>;
}
