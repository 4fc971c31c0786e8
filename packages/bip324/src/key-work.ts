/** The two slow steps of a handshake, for whoever is to take them: about a millisecond each. */
export type KeyWork =
  /** Make an ephemeral key. It depends on nothing, so that it may have been made before. */
  | { readonly type: 'create-key' }
  /** Combine our secret key with the peer's public one. */
  | { readonly type: 'xdh'; readonly secretKey: Uint8Array; readonly theirs: Uint8Array };

/** What came of {@link KeyWork}. */
export type KeyWorkResult =
  | {
      readonly type: 'create-key';
      /** 32 bytes. The session overwrites it. */
      readonly secretKey: Uint8Array;
      /** 64 bytes, ElligatorSwift. */
      readonly publicKey: Uint8Array;
    }
  /** An X coordinate of 32 bytes. The session overwrites it. */
  | { readonly type: 'xdh'; readonly sharedX: Uint8Array };
