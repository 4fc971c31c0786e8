/**
 * The v2 encrypted transport of Bitcoin's P2P network (BIP 324), over any byte stream.
 *
 * @example
 * import { Session } from '@btcp2p/bip324';
 *
 * const session = new Session({ role: 'initiator', magic: mainnet.magic, rng });
 * session.send(contents); // waits until there are keys
 * const bytes = session.pollBytes(); // our key and garbage, for the socket
 *
 * @packageDocumentation
 */
export { TAG_SIZE } from './aead.ts';
export type { Aead } from './aead.ts';
export { Bip324Error } from './bip324-error.ts';
export type { Bip324ErrorCode } from './bip324-error.ts';
export { ELLSWIFT_SIZE, SECRET_KEY_SIZE } from './ell-swift.ts';
export type { EllSwift } from './ell-swift.ts';
export { ellSwift, ellswiftDecode, ellswiftEncode, nobleEllSwift } from './ellswift.ts';
export { FsChaCha20Poly1305 } from './fs-chacha20-poly1305.ts';
export { FsChaCha20, LENGTH_LEN, REKEY_INTERVAL } from './fs-chacha20.ts';
export { MAX_GARBAGE_LEN } from './garbage.ts';
export {
  deriveKeys, GARBAGE_TERMINATOR_LEN, SESSION_ID_LEN, sharedSecret, wipeKeys,
} from './key-schedule.ts';
export type { SessionKeys } from './key-schedule.ts';
export type { KeyWork, KeyWorkResult } from './key-work.ts';
export { nobleAead } from './noble-aead.ts';
export { nobleSecp256k1 } from './noble-secp256k1.ts';
export {
  EXPANSION, HEADER_LEN, IGNORE_BIT, MAX_ENCODABLE_CONTENTS_LEN, PacketCipher,
} from './packet-cipher.ts';
export type { OpenedPacket } from './packet-cipher.ts';
export { performKeyWork } from './perform-key-work.ts';
export type { RandomSource } from './random-source.ts';
export type { Secp256k1 } from './secp256k1.ts';
export { isSecretKey } from './secret-key.ts';
export type { SessionErrorCode, SessionEvent } from './session-event.ts';
export type { SessionOptions, SessionRole } from './session-options.ts';
export { MAX_CONTENTS_LEN, Session } from './session.ts';
export type { SessionStage } from './session.ts';
export { V1_PREFIX_LEN } from './v1-prefix.ts';
export { v2Streams } from './web-streams.ts';
export type { BytesTransform, V2Streams } from './web-streams.ts';
