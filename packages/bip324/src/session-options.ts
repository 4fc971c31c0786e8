import type { Aead } from './aead.ts';
import type { EllSwift } from './ell-swift.ts';
import type { RandomSource } from './random-source.ts';

/** Who speaks first: the side that dialled is the initiator. */
export type SessionRole = 'initiator' | 'responder';

/** How a session is conducted. */
export interface SessionOptions {
  readonly role: SessionRole;
  /** The network's 4 bytes: they are part of the keys, and a responder knows v1 peers by them. */
  readonly magic: Uint8Array;
  /** For the key and the garbage: a cryptographic source. */
  readonly rng: RandomSource;
  /**
   * Bytes of garbage after our key, 0 to 4,095, which hide where the handshake ends. By default
   * any number of them, each as likely as the other, as in Core.
   */
  readonly garbageSize?: number;
  /** Contents of our version packet: empty by default, and as BIP 324 stands. */
  readonly versionContents?: Uint8Array;
  /** The largest contents to take, 4,000,013 bytes by default, as in Core. */
  readonly maxContentsSize?: number;
  /** That of `@noble/ciphers` by default. */
  readonly aead?: Aead;
  /** That of `@noble/curves` by default. */
  readonly ellSwift?: EllSwift;
  /**
   * Whether to leave the slow steps to the caller (`pollWork`, `completeWork`) and wait for them.
   * By default they are taken where they come up.
   */
  readonly deferWork?: boolean;
}
