import { elligatorSwift } from '@scure/btc-signer/p2p.js';
import type { HandshakeLibrary } from '../handshake-library.ts';
import { packageVersion } from '../package-version.ts';

/** The ElligatorSwift of `@scure/btc-signer`, which is on top of `@noble/curves`. */
export const scureHandshake: HandshakeLibrary = {
  name: '@scure/btc-signer',
  version: packageVersion('@scure/btc-signer'),
  createKey() {
    const { privateKey, publicKey } = elligatorSwift.keygen();
    return { secretKey: privateKey, publicKey };
  },
  share: ({ secretKey, publicKey }, theirs) =>
    elligatorSwift.getSharedSecretBip324(secretKey, theirs, publicKey, true),
};
