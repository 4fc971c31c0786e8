import type { SessionRole } from '@btcp2p/bip324';
import { concat } from './bytes.ts';
import type { Draw } from './draw.ts';
import { pooledXdh, type PoolKey } from './keys.ts';
import { NO_AAD, type ReferenceKeys, referenceKeys } from './reference-cipher.ts';

/** What a peer says in one connection, without a fault in it. */
export interface Recording {
  readonly stream: Uint8Array;
  /** Where its parts begin and end. */
  readonly marks: readonly number[];
  /** Bytes of the handshake in front of the first packet. */
  readonly headSize: number;
  readonly rekeys: number;
}

/** A packet that the peer is to send. */
export interface RecordedPacket {
  readonly contents: Uint8Array;
  readonly ignore: boolean;
}

/** What a recording is made of. */
export interface RecordingPlan {
  /** The peer's role, and its key. */
  readonly role: SessionRole;
  readonly key: PoolKey;
  /** The other side's public key. */
  readonly theirs: Uint8Array;
  readonly magic: Uint8Array;
  readonly garbageSize: number;
  /** Version packet and decoys included. */
  readonly packets: Iterable<RecordedPacket>;
  /** The length of a packet that is announced at the end, and does not come. */
  readonly announced?: number | undefined;
}

/** Makes a recording, by the reference cipher. */
export function record(draw: Draw, plan: RecordingPlan): Recording {
  const { role, key, theirs, magic } = plan;
  const isInitiator = role === 'initiator';
  const sharedX = pooledXdh(key.secretKey, theirs);
  const keys = isInitiator
    ? referenceKeys(key.publicKey, theirs, sharedX, magic)
    : referenceKeys(theirs, key.publicKey, sharedX, magic);
  const terminator = isInitiator ? keys.initiatorTerminator : keys.responderTerminator;
  const garbage = garbageOf(draw, plan.garbageSize, terminator, keys);
  const parts = [key.publicKey, garbage, terminator];
  const headSize = 64 + garbage.length + 16;
  const cipher = isInitiator ? keys.initiator : keys.responder;
  let aad = garbage;
  for (const { contents, ignore } of plan.packets) {
    // Of the header's bits, seven mean nothing.
    const header = (ignore ? 0x80 : 0) | (draw.oneIn(4) ? draw.below(0x80) : 0);
    parts.push(cipher.encrypt(contents, aad, header));
    aad = NO_AAD;
  }
  if (plan.announced !== undefined) parts.push(cipher.announce(plan.announced));
  const marks: number[] = [0];
  for (const part of parts) marks.push(marks.at(-1)! + part.length);
  return { stream: concat(parts), marks, headSize, rekeys: cipher.rekeys };
}

/** Random bytes, at times with something in them that begins as the terminator does. */
function garbageOf(
  draw: Draw,
  size: number,
  terminator: Uint8Array,
  keys: ReferenceKeys,
): Uint8Array {
  const garbage = draw.bytes(size);
  const other =
    terminator === keys.initiatorTerminator ? keys.responderTerminator : keys.initiatorTerminator;
  for (let lures = draw.oneIn(3) ? draw.between(1, 4) : 0; lures > 0; lures--) {
    const lure = draw.oneIn(4) ? other : terminator.subarray(0, draw.between(1, 15));
    const at = draw.oneIn(2) ? size - lure.length : draw.below(size + 1);
    if (at >= 0 && at + lure.length <= size) garbage.set(lure, at);
  }
  // A lure that the next byte has made whole, once in 256, would end the garbage.
  if (Buffer.from(concat([garbage, terminator])).indexOf(terminator) < size) garbage.fill(0);
  return garbage;
}
