import { type KeyWork, type KeyWorkResult, performKeyWork } from '@btcp2p/bip324';
import { nativeEllSwift } from './native-secp256k1.ts';
import { secureRng } from './secure-rng.ts';

/** What came of a slow step of a handshake, and what it cost. */
export type TimedKeyWorkResult = KeyWorkResult & {
  /** Milliseconds that a thread was busy with it. */
  readonly elapsed: number;
};

/** From the main thread to the worker. */
export interface KeyWorkRequest {
  readonly id: number;
  readonly work: KeyWork;
}

/** From the worker to the main thread. */
export type KeyWorkAnswer =
  | { readonly id: number; readonly result: TimedKeyWorkResult }
  /** The error that it threw. */
  | { readonly id: number; readonly error: unknown };

/** Takes a slow step of a handshake, here and now. */
export function timedKeyWork(work: KeyWork): TimedKeyWorkResult {
  const start = performance.now();
  const result = performKeyWork(work, nativeEllSwift, secureRng);
  return { ...result, elapsed: performance.now() - start };
}

/** The buffers of secrets, to be moved with a message: what is copied to it would stay behind. */
export function buffersOf(message: KeyWork | KeyWorkResult): ArrayBuffer[] {
  return Object.values(message)
    .filter((value) => value instanceof Uint8Array)
    .map((bytes) => bytes.buffer as ArrayBuffer);
}

/** Overwrites the secrets of a message. */
export function wipe(message: KeyWork | KeyWorkResult): void {
  if ('secretKey' in message) message.secretKey.fill(0);
  if ('sharedX' in message) message.sharedX.fill(0);
}
