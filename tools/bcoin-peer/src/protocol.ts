import type { BcoinBackend } from './backend.ts';
import type { BcoinPeerInfo } from './bcoin-peer.ts';

/** What the child process is started with: `BcoinOptions` with every default filled in. */
export interface ChildOptions {
  readonly directory: string;
  readonly backend: BcoinBackend;
  readonly network: 'regtest' | 'main';
  readonly blocks: number;
  readonly listen: boolean;
  readonly connect: string | undefined;
  readonly seedBlocks: readonly Uint8Array[];
  readonly log: boolean;
}

/** The methods of child/node.cjs: parameters and result of each. */
export interface ChildMethods {
  readonly start: (options: ChildOptions) => number;
  readonly height: () => number;
  readonly tipHash: () => string;
  readonly mine: (count: number) => string[];
  readonly addPeer: (hostPort: string) => void;
  readonly blockBytes: (hash: string) => Uint8Array;
  readonly peers: () => BcoinPeerInfo[];
  readonly ping: (timeoutMs: number) => void;
  readonly waitForHeight: (height: number, timeoutMs: number) => void;
}

/** Parent to child. The numbers are the parent's, and come back in the answers. */
export interface ChildRequest {
  readonly id: number;
  readonly method: keyof ChildMethods;
  readonly parameters: readonly unknown[];
}

/** Child to parent: an answer to one request, or a line of bcoin's log. */
export type ChildMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly log: string };
