import type { SessionErrorCode, SessionRole } from '@btcp2p/bip324';
import { areEqual, concat } from './bytes.ts';
import { NO_AAD, referenceKeys, type ReferencePacket } from './reference-cipher.ts';

const KEY_SIZE = 64;
const TERMINATOR_SIZE = 16;
const MAX_GARBAGE_SIZE = 4_095;
const V1_PREFIX_SIZE = 16;

/** The side whose ears the reference is. */
export interface Receiver {
  readonly role: SessionRole;
  readonly magic: Uint8Array;
  /** Its public key, 64 bytes. */
  readonly publicKey: Uint8Array;
  /** X coordinate of the product of its secret key with a public key. */
  xdh(theirs: Uint8Array): Uint8Array;
  readonly maxContentsSize: number;
}

/** All that a stream holds. */
export interface Reading {
  /** What authenticates, in order, the version packet and decoys included. */
  readonly packets: readonly (ReferencePacket & {
    /** Where in the stream it ends. */
    readonly end: number;
  })[];
  /** `waiting`: it does not end in a failure. */
  readonly end: 'waiting' | SessionErrorCode;
  /** Bytes at the end that wait for more. */
  readonly buffered: number;
  readonly garbage: Uint8Array | undefined;
  readonly sessionId: Uint8Array | undefined;
}

type Ending = Pick<Reading, 'end' | 'buffered'>;

/** Reads a whole stream from a peer, as BIP 324 and Core have it. */
export function readStream(stream: Uint8Array, receiver: Receiver): Reading {
  const nothing = { packets: [], garbage: undefined, sessionId: undefined };
  const v1 = judgeStart(stream, receiver);
  if (v1 !== undefined) return { ...nothing, end: v1, buffered: 0 };
  if (stream.length < KEY_SIZE) return { ...nothing, end: 'waiting', buffered: stream.length };
  const theirs = stream.subarray(0, KEY_SIZE);
  const isInitiator = receiver.role === 'initiator';
  const publicKeys = isInitiator ? [receiver.publicKey, theirs] : [theirs, receiver.publicKey];
  const [first, second] = publicKeys as [Uint8Array, Uint8Array];
  const keys = referenceKeys(first, second, receiver.xdh(theirs), receiver.magic);
  const terminator = isInitiator ? keys.responderTerminator : keys.initiatorTerminator;
  const head = stream.subarray(KEY_SIZE, KEY_SIZE + MAX_GARBAGE_SIZE + TERMINATOR_SIZE);
  const garbageSize = Buffer.from(head.buffer, head.byteOffset, head.length).indexOf(terminator);
  if (garbageSize < 0) {
    const hasFailed = head.length === MAX_GARBAGE_SIZE + TERMINATOR_SIZE;
    if (hasFailed) return { ...nothing, end: 'no-garbage-terminator', buffered: 0 };
    return { ...nothing, end: 'waiting', buffered: head.length };
  }
  const garbage = head.slice(0, garbageSize);
  const cipher = isInitiator ? keys.responder : keys.initiator;
  const { sessionId } = keys;
  let at = KEY_SIZE + garbageSize + TERMINATOR_SIZE;
  let aad: Uint8Array = garbage;
  const packets: (ReferencePacket & { end: number })[] = [];
  const ended = (ending: Ending): Reading => ({ packets, garbage, sessionId, ...ending });
  for (;;) {
    const start = at;
    if (stream.length < at + 3) break;
    const size = cipher.decryptLength(stream.subarray(at, at + 3));
    if (size > receiver.maxContentsSize) return ended({ end: 'packet-too-large', buffered: 0 });
    at += 3;
    if (stream.length < at + size + 17) {
      return ended({ end: 'waiting', buffered: stream.length - start });
    }
    const packet = cipher.decrypt(stream.subarray(at, at + size + 17), aad);
    if (packet === undefined) return ended({ end: 'authentication-failed', buffered: 0 });
    at += size + 17;
    packets.push({ ...packet, end: at });
    aad = NO_AAD;
  }
  return ended({ end: 'waiting', buffered: stream.length - at });
}

/** Whether the peer's first bytes are those of v1. */
function judgeStart(
  stream: Uint8Array,
  { role, magic }: Receiver,
): 'v1-detected' | 'wrong-network' | undefined {
  if (stream.length < V1_PREFIX_SIZE) return undefined;
  const isMagic = areEqual(stream.subarray(0, 4), magic);
  const type = Buffer.from(stream.subarray(4, V1_PREFIX_SIZE)).toString('latin1');
  if (role === 'initiator') return isMagic && /^[ -~]+\0*$/.test(type) ? 'v1-detected' : undefined;
  if (type !== 'version\0\0\0\0\0') return undefined;
  return isMagic ? 'v1-detected' : 'wrong-network';
}

/** The start of a v1 message: magic, type. */
export function v1Start(magic: Uint8Array, type: string): Uint8Array {
  return concat([magic, Buffer.from(type.padEnd(12, '\0'), 'latin1')]);
}
