import {
  legacySignatureHash, OP_2, OP_3, OP_CHECKMULTISIG, OP_CHECKSIG, OP_DUP, OP_EQUAL, OP_EQUALVERIFY,
  OP_HASH160, pushOf, SignatureHashType, taprootSignatureHash, witnessV0SignatureHash,
  type PrecomputedTransaction,
} from '@btcp2p/script';
import type { TxIn } from '@btcp2p/wire';
import type { Key } from './key-row.ts';
import { hash160 } from './node-hashes.ts';
import type { Signer } from './signer.ts';

/** What an output asks of who spends it, and the keys to do so. */
export interface Lock {
  readonly scriptPubKey: Uint8Array;
  /** The script and the witness of the input that spends it. */
  unlock(precomputed: PrecomputedTransaction, inputIndex: number, signer: Signer): Unlocked;
}

/** What an input has to say. */
export type Unlocked = Pick<TxIn, 'scriptSig' | 'witness'>;

const NOTHING = new Uint8Array(0);
const { ALL, DEFAULT } = SignatureHashType;

/** Pay to witness public key hash (BIP 141). */
export function payToWitnessPublicKeyHash(key: Key): Lock {
  const program = pushOf(hash160(key.publicKey));
  const scriptCode = Uint8Array.of(OP_DUP, OP_HASH160, ...program, OP_EQUALVERIFY, OP_CHECKSIG);
  return {
    scriptPubKey: Uint8Array.of(0, ...program),
    unlock(precomputed, inputIndex, signer) {
      const hash = witnessV0SignatureHash(precomputed, inputIndex, scriptCode, ALL);
      return { scriptSig: NOTHING, witness: [ecdsa(signer, hash, key), key.publicKey] };
    },
  };
}

/** Pay to taproot, spent by its key (BIP 341), which is not the tweak of another one. */
export function payToTaproot(key: Key): Lock {
  return {
    scriptPubKey: Uint8Array.of(0x51, ...pushOf(key.publicKey.subarray(1))),
    unlock(precomputed, inputIndex, signer) {
      const hash = taprootSignatureHash(precomputed, inputIndex, DEFAULT)!;
      return { scriptSig: NOTHING, witness: [signer.schnorr(hash, key)] };
    },
  };
}

/**
 * Pay to script hash (BIP 16) of a script that asks for 2 signatures of 3 keys.
 *
 * @param absent the number of the key that does not sign
 */
export function payToMultisig(keys: readonly [Key, Key, Key], absent: number): Lock {
  const pushes = keys.flatMap(({ publicKey }) => [...pushOf(publicKey)]);
  const redeemScript = Uint8Array.of(OP_2, ...pushes, OP_3, OP_CHECKMULTISIG);
  const signing = keys.filter((_, i) => i !== absent);
  return {
    scriptPubKey: Uint8Array.of(OP_HASH160, ...pushOf(hash160(redeemScript)), OP_EQUAL),
    unlock(precomputed, inputIndex, signer) {
      const hash = legacySignatureHash(precomputed, inputIndex, redeemScript, ALL);
      const signatures = signing.map((key) => pushOf(ecdsa(signer, hash, key)));
      // OP_CHECKMULTISIG takes one element more than it needs (BIP 147).
      const parts = [Uint8Array.of(0), ...signatures, pushOf(redeemScript)];
      return { scriptSig: new Uint8Array(Buffer.concat(parts)), witness: [] };
    },
  };
}

function ecdsa(signer: Signer, hash: Uint8Array, key: Key): Uint8Array {
  const signature = signer.ecdsa(hash, key);
  const bytes = new Uint8Array(signature.length + 1);
  bytes.set(signature);
  bytes[signature.length] = ALL;
  return bytes;
}
