/** An ephemeral key. */
export interface KeyPair {
  /** 32 bytes. */
  readonly secretKey: Uint8Array;
  /** 64 bytes, ElligatorSwift. */
  readonly publicKey: Uint8Array;
}

/** A library that can do what is slow in a handshake of BIP 324. */
export interface HandshakeLibrary {
  readonly name: string;
  readonly version?: string;
  readonly createKey: () => KeyPair;
  /** The shared secret, 32 bytes, of an initiator's key and the public key of the peer. */
  readonly share: (ours: KeyPair, theirs: Uint8Array) => Uint8Array;
}
