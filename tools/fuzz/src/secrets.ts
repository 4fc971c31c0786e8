import type { Aead } from '@btcp2p/bip324';
import { isZero } from './bytes.ts';
import type { FuzzCase } from './fuzz-case.ts';

/** Arrays that held secrets of a session: it has to overwrite them in time. */
export class Secrets {
  readonly handedOut: Uint8Array[] = [];
  readonly #keys = new Set<Uint8Array>();

  /** An AEAD that remembers the keys that it was given: they are the ciphers' own. */
  watch(aead: Aead): Aead {
    return {
      seal: (key, nonce, aad, parts) => {
        this.#keys.add(key);
        return aead.seal(key, nonce, aad, parts);
      },
      open: (key, nonce, aad, sealed) => {
        this.#keys.add(key);
        return aead.open(key, nonce, aad, sealed);
      },
    };
  }

  /** Fails if any of them is still there. */
  checkWiped(test: FuzzCase): void {
    test.check(this.handedOut.every(isZero), 'a secret of the handshake is left after the end');
    test.check([...this.#keys].every(isZero), 'a key of a cipher is left after the end');
  }
}
