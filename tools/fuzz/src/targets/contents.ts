import { encodeMessage, messageTypeOf } from '@btcp2p/wire';
import { concat } from '../bytes.ts';
import type { Draw } from '../draw.ts';
import { anyMessage } from '../messages.ts';
import { mutate } from '../mutate.ts';
import { shortIdOf } from './expected-event.ts';

/** Contents of a packet: those of a message, of one that was tampered with, or of none. */
export function anyContents(draw: Draw): Uint8Array {
  const how = draw.weighted({ message: 5, mutated: 5, 'other type': 2, 'long type': 2, random: 2 });
  if (how === 'random') return draw.bytes(draw.size(2_000, [0, 1, 12, 13, 14]));
  const message = anyMessage(draw);
  const type = messageTypeOf(message);
  const payload = encodeMessage(message);
  if (how === 'other type') return concat([Uint8Array.of(draw.below(256)), payload]);
  if (how === 'long type') return concat([oddType(draw, type), payload]);
  const shortId = draw.oneIn(5) ? 0 : shortIdOf(type);
  const start = shortId === 0 ? longType(type) : Uint8Array.of(shortId);
  const contents = concat([start, payload]);
  if (how === 'message') return contents;
  return mutate(draw, contents, [start.length], payload).bytes;
}

/** Payload of a message, at times tampered with. */
export function anyPayload(draw: Draw): { readonly type: string; readonly payload: Uint8Array } {
  const message = anyMessage(draw);
  const payload = encodeMessage(message);
  const type = messageTypeOf(message);
  if (draw.oneIn(2)) return { type, payload };
  return { type, payload: mutate(draw, payload, [], payload).bytes };
}

function longType(type: string): Uint8Array {
  return Buffer.from(`\0${type.padEnd(12, '\0')}`, 'latin1');
}

/** A long type, mostly with something wrong about it. */
function oddType(draw: Draw, type: string): Uint8Array {
  const bytes = new Uint8Array(longType(type));
  const at = draw.between(1, 12);
  bytes[at] = draw.pick([0, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xff, draw.below(256)]);
  return bytes;
}
