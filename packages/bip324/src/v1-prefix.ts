/** Core `V2Transport::V1_PREFIX_LEN`: bytes by which a v1 peer is known (net.h). */
export const V1_PREFIX_LEN = 16;

/** "version" and zeros: the type of the message that a v1 peer begins with, after the magic. */
const VERSION = Uint8Array.of(0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0, 0, 0, 0, 0);

/**
 * What a responder takes the first bytes of a connection for (BIP 324 §"Handshake"):
 *
 * - `undecided`: they are how v1 begins, as far as they go
 * - `v1`: they are how v1 begins on this network
 * - `other-network`: they are how v1 begins, but for the magic (Core tells that for the log)
 * - `v2`: anything else
 */
export type FirstBytes = 'undecided' | 'v1' | 'other-network' | 'v2';

/**
 * Judges the first bytes of a connection, at most the first 16 of them.
 *
 * @param magic the network's 4 bytes
 */
export function judgeFirstBytes(bytes: Uint8Array, magic: Uint8Array): FirstBytes {
  const length = Math.min(bytes.length, V1_PREFIX_LEN);
  let isMagic = true;
  for (let i = 0; i < length && i < magic.length; i++) isMagic &&= bytes[i] === magic[i];
  let isVersion = true;
  for (let i = magic.length; i < length; i++) isVersion &&= bytes[i] === VERSION[i - magic.length];
  if (!isVersion) return 'v2';
  if (length < V1_PREFIX_LEN) return isMagic ? 'undecided' : 'v2';
  return isMagic ? 'v1' : 'other-network';
}

/**
 * Whether what an initiator got as an answer to its key is the start of a v1 message of the network:
 * the magic, and a type in printable ASCII with zeros after it. Of random bytes, which keys are, one
 * in 2^80 looks so.
 *
 * BIP 324 has a v1 peer hang up on a key, as Core does. Some complain first (bcoin sends `reject`,
 * and stays), and would be waited for in vain.
 *
 * @param bytes the first 16
 */
export function isV1Answer(bytes: Uint8Array, magic: Uint8Array): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic[i]) return false;
  let end = magic.length;
  while (end < V1_PREFIX_LEN && bytes[end]! >= 0x20 && bytes[end]! <= 0x7e) end++;
  for (let i = end; i < V1_PREFIX_LEN; i++) if (bytes[i] !== 0) return false;
  return end > magic.length;
}
