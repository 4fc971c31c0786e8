import { createHash } from 'node:crypto';
import type { TransportEvent } from '@btcp2p/peer';
import { encodeMessage, V1Transport } from '@btcp2p/wire';
import { concat, littleEndian } from '../bytes.ts';
import type { FuzzCase } from '../fuzz-case.ts';

/** BIP 324 §"Application layer specification": the types with the ids 1 to 28, and BIP 434's. */
const SHORT_IDS: readonly string[] = [
  '', 'addr', 'block', 'blocktxn', 'cmpctblock', 'feefilter', 'filteradd', 'filterclear',
  'filterload', 'getblocks', 'getblocktxn', 'getdata', 'getheaders', 'headers', 'inv', 'mempool',
  'merkleblock', 'notfound', 'ping', 'pong', 'sendcmpct', 'tx', 'getcfilters', 'cfilter',
  'getcfheaders', 'cfheaders', 'getcfcheckpt', 'cfcheckpt', 'addrv2',
];
const FEATURE_ID = 37;

/** Bytes of a v2 packet besides its contents, and of a v1 header. */
export const V2_OVERHEAD = 20;
const V1_OVERHEAD = 24;

/** The short id of a type, 0 if it has none. */
export function shortIdOf(type: string): number {
  return type === 'feature' ? FEATURE_ID : Math.max(0, SHORT_IDS.indexOf(type));
}

/** What contents of a packet say, read as BIP 324 has it; undefined if they make no sense. */
export function readContents(
  contents: Uint8Array,
): { readonly type: string; readonly payload: Uint8Array } | undefined {
  const [first] = contents;
  if (first === undefined) return undefined;
  if (first !== 0) {
    const type = first === FEATURE_ID ? 'feature' : SHORT_IDS[first];
    return type === undefined ? undefined : { type, payload: contents.subarray(1) };
  }
  const name = Buffer.from(contents.subarray(1, 13)).toString('latin1');
  if (name.length < 12 || !/^[\x20-\x7f]*\0*$/.test(name)) return undefined;
  return { type: name.replace(/\0+$/, ''), payload: contents.subarray(13) };
}

/** A v1 message, whatever its payload is. */
export function v1FrameOf(magic: Uint8Array, type: string, payload: Uint8Array): Uint8Array {
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  const checksum = sha256(sha256(payload)).subarray(0, 4);
  const name = Buffer.from(type.padEnd(12, '\0'), 'latin1');
  return concat([magic, name, littleEndian(payload.length, 4), checksum, payload]);
}

/** What a transport has to make of contents: what that of v1 makes of the same message. */
export function expectedEvent(magic: Uint8Array, contents: Uint8Array): TransportEvent {
  const size = contents.length + V2_OVERHEAD;
  const read = readContents(contents);
  if (read === undefined) {
    const detail = `V2 transport error: invalid message type (${contents.length} bytes contents)`;
    return { type: 'rejected', code: 'invalid-type', messageType: '', detail, size };
  }
  const { type, payload } = read;
  if (type.includes('\x7f')) {
    // The one character that v2 takes and v1 does not, as in Core.
    const message = { type: 'unknown', payload: { messageType: type, bytes: payload } } as const;
    return { type: 'message', message, size, payload };
  }
  const v1 = new V1Transport({ magic });
  v1.receive(v1FrameOf(magic, type, payload));
  const event = v1.poll();
  if (event === undefined || event.type === 'failed') throw new Error(`v1 makes ${event?.type} of it`);
  if (event.size !== payload.length + V1_OVERHEAD) throw new Error(`v1 counts ${event.size} bytes`);
  return { ...event, size };
}

/** Fails unless both events are the same. */
export function sameEvent(test: FuzzCase, found: TransportEvent, expected: TransportEvent): void {
  test.same(outline(found), outline(expected), 'an event');
  if (found.type !== 'message' || expected.type !== 'message') return;
  // Some payloads are views that show their bytes only when they are written.
  test.sameBytes(encodeMessage(found.message), encodeMessage(expected.message), 'a message');
  test.same(found.message, expected.message, 'a message');
}

function outline(event: TransportEvent): unknown {
  switch (event.type) {
    case 'message':
      return { ...event, message: event.message.type, payload: hexOf(event.payload) };
    case 'undecodable': {
      const { code, offset, size } = event.error;
      return { ...event, error: { code, offset, size }, payload: hexOf(event.payload) };
    }
    default:
      return event;
  }
}

/** The reference works with Buffers, which do not compare with other arrays. */
function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
