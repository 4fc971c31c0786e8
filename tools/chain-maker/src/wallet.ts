import type { Rng } from '@btcp2p/machine';
import { keyRow, type Key } from './key-row.ts';
import { payToMultisig, payToTaproot, payToWitnessPublicKeyHash, type Lock } from './lock.ts';

/** So many that few coins of a block have a key in common. */
const KEYS = 10_000;

/** Everyone who pays and is paid on a chain. */
export class Wallet {
  readonly #keys: readonly Key[];
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#keys = keyRow(rng.fork('keys').bytes(32), KEYS);
    this.#rng = rng.fork('locks');
  }

  /** A lock of any of the three kinds, each as likely as the others. */
  lock(): Lock {
    switch (this.#rng.below(3)) {
      case 0:
        return payToWitnessPublicKeyHash(this.#key());
      case 1:
        return payToTaproot(this.#key());
      default:
        return payToMultisig([this.#key(), this.#key(), this.#key()], this.#rng.below(3));
    }
  }

  #key(): Key {
    return this.#keys[this.#rng.below(this.#keys.length)]!;
  }
}
