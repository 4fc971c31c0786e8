import { type Cipher, createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { concat, littleEndian, NOTHING } from './bytes.ts';

// BIP 324 once more, by OpenSSL and as plainly as the BIP has it: what the packages are held against.
// None of their code is used here.

const TAG_SIZE = 16;
const LENGTH_SIZE = 3;
const REKEY_INTERVAL = 224;
const DECOY = 0x80;

/** What both sides derive from a handshake (BIP 324 §"Keys and session ID derivation"). */
export interface ReferenceKeys {
  readonly initiator: ReferenceCipher;
  readonly responder: ReferenceCipher;
  /** 16 bytes each. */
  readonly initiatorTerminator: Uint8Array;
  readonly responderTerminator: Uint8Array;
  /** 32 bytes. */
  readonly sessionId: Uint8Array;
}

/** The ciphers of a connection, each of which has one user: they count. */
export function referenceKeys(
  initiatorKey: Uint8Array,
  responderKey: Uint8Array,
  sharedX: Uint8Array,
  magic: Uint8Array,
): ReferenceKeys {
  const tag = createHash('sha256').update('bip324_ellswift_xonly_ecdh').digest();
  const hash = createHash('sha256').update(tag).update(tag);
  const secret = hash.update(initiatorKey).update(responderKey).update(sharedX).digest();
  const salt = concat([Buffer.from('bitcoin_v2_shared_secret'), magic]);
  const derive = (info: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, salt, info, 32));
  const terminators = derive('garbage_terminators');
  return {
    initiator: new ReferenceCipher(derive('initiator_L'), derive('initiator_P')),
    responder: new ReferenceCipher(derive('responder_L'), derive('responder_P')),
    initiatorTerminator: terminators.subarray(0, 16),
    responderTerminator: terminators.subarray(16),
    sessionId: derive('session_id'),
  };
}

/** A packet as it was before encryption, in the terms of the reference. */
export interface ReferencePacket {
  readonly ignore: boolean;
  readonly contents: Uint8Array;
}

/** One direction's packets (BIP 324 §"Packet encryption"), either to encrypt or to decrypt. */
export class ReferenceCipher {
  #lengthKey: Uint8Array;
  #contentsKey: Uint8Array;
  #keystream: Cipher | undefined;
  #lengths = 0;
  #packets = 0;

  constructor(lengthKey: Uint8Array, contentsKey: Uint8Array) {
    this.#lengthKey = lengthKey;
    this.#contentsKey = contentsKey;
  }

  /** Changes of the key so far. */
  get rekeys(): number {
    return Math.floor(this.#packets / REKEY_INTERVAL);
  }

  /** @param header the byte in front of the contents, of which one bit has a meaning */
  encrypt(contents: Uint8Array, aad: Uint8Array, header: number): Uint8Array {
    const length = this.announce(contents.length);
    const cipher = createCipheriv('chacha20-poly1305', this.#contentsKey, this.#nonce(), {
      authTagLength: TAG_SIZE,
    });
    cipher.setAAD(aad, { plaintextLength: contents.length + 1 });
    const sealed = [cipher.update(Uint8Array.of(header)), cipher.update(contents), cipher.final()];
    this.#countPacket();
    return concat([length, ...sealed, cipher.getAuthTag()]);
  }

  /** Only the length of a packet, which does not come then. */
  announce(size: number): Uint8Array {
    return this.#cryptLength(littleEndian(size, LENGTH_SIZE));
  }

  decryptLength(bytes: Uint8Array): number {
    const length = this.#cryptLength(bytes);
    return length[0]! + length[1]! * 256 + length[2]! * 65_536;
  }

  /** @returns undefined if it is not authentic */
  decrypt(sealed: Uint8Array, aad: Uint8Array): ReferencePacket | undefined {
    const decipher = createDecipheriv('chacha20-poly1305', this.#contentsKey, this.#nonce(), {
      authTagLength: TAG_SIZE,
    });
    const size = sealed.length - TAG_SIZE;
    decipher.setAAD(aad, { plaintextLength: size });
    decipher.setAuthTag(sealed.subarray(size));
    const plain = decipher.update(sealed.subarray(0, size));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    this.#countPacket();
    return { ignore: (plain[0]! & DECOY) !== 0, contents: new Uint8Array(plain.subarray(1)) };
  }

  #cryptLength(bytes: Uint8Array): Uint8Array {
    const epoch = littleEndian(Math.floor(this.#lengths / REKEY_INTERVAL), 8);
    this.#keystream ??= createCipheriv(
      'chacha20',
      this.#lengthKey,
      concat([littleEndian(0, 8), epoch]),
    );
    const crypted = new Uint8Array(this.#keystream.update(bytes));
    if (++this.#lengths % REKEY_INTERVAL === 0) {
      this.#lengthKey = new Uint8Array(this.#keystream.update(new Uint8Array(32)));
      this.#keystream = undefined;
    }
    return crypted;
  }

  #nonce(packet = this.#packets % REKEY_INTERVAL): Uint8Array {
    return concat([
      littleEndian(packet, 4),
      littleEndian(Math.floor(this.#packets / REKEY_INTERVAL), 8),
    ]);
  }

  #countPacket(): void {
    if (this.#packets % REKEY_INTERVAL === REKEY_INTERVAL - 1) {
      const nonce = this.#nonce(0xffffffff);
      const cipher = createCipheriv('chacha20-poly1305', this.#contentsKey, nonce, {
        authTagLength: TAG_SIZE,
      });
      this.#contentsKey = new Uint8Array(cipher.update(new Uint8Array(32)));
    }
    this.#packets++;
  }
}

/** What is authenticated with all packets but the first. */
export const NO_AAD: Uint8Array = NOTHING;
