import { type Aead, MAX_CONTENTS_LEN, type SessionRole } from '@btcp2p/bip324';
import { NOTHING } from '../bytes.ts';
import type { Draw } from '../draw.ts';
import { keyPool, type PoolKey } from '../keys.ts';
import { record, type RecordedPacket, type Recording } from '../recording.ts';

const GARBAGE_SIZES = [0, 1, 15, 16, 17, 31, 4_079, 4_080, 4_094, 4_095];
const CONTENTS_SIZES = [0, 1, 2, 12, 13, 64, 491, 492, 493, 4_075, 4_076, 4_077, 16_384, 65_536];

/** How a session is conducted. */
export interface Setting {
  readonly role: SessionRole;
  readonly magic: Uint8Array;
  readonly ours: PoolKey;
  readonly theirs: PoolKey;
  /** Whether slow steps are done at once, later, or never. */
  readonly work: 'at once' | 'later' | 'never';
  /** The largest contents that the session takes. */
  readonly max: number;
  readonly aead: Aead;
  readonly garbageSize: number | undefined;
  readonly versionContents: Uint8Array;
}

/** Draws a setting. */
export function settingOf(draw: Draw, aeads: readonly Aead[]): Setting {
  const ours = draw.pick(keyPool());
  return {
    role: draw.pick(['initiator', 'responder']),
    magic: draw.oneIn(2) ? Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9) : draw.bytes(4),
    ours,
    theirs: draw.pick(keyPool().filter((key) => key !== ours)),
    work: draw.weighted({ 'at once': 6, later: 4, never: 1 }),
    max: draw.oneIn(4) ? draw.size(100_000, CONTENTS_SIZES) : MAX_CONTENTS_LEN,
    aead: draw.pick(aeads),
    garbageSize: draw.oneIn(4) ? undefined : garbageSizeOf(draw),
    versionContents: draw.oneIn(4) ? draw.bytes(draw.size(3_000)) : NOTHING,
  };
}

/** Bytes of garbage, at times as few or as many as there can be. */
export function garbageSizeOf(draw: Draw): number {
  return draw.size(4_095, GARBAGE_SIZES);
}

/**
 * What a peer says in all to a session, without a fault in it.
 *
 * @param ours the session's key
 */
export function recordingOf(draw: Draw, setting: Setting, ours = setting.ours): Recording {
  return record(draw, {
    role: setting.role === 'initiator' ? 'responder' : 'initiator',
    key: setting.theirs,
    theirs: ours.publicKey,
    magic: setting.magic,
    garbageSize: garbageSizeOf(draw),
    packets: packetsOf(draw),
    announced: draw.oneIn(10) ? announcedSize(draw) : undefined,
  });
}

/** Any size, or one that is large and yet taken. */
function announcedSize(draw: Draw): number {
  return draw.oneIn(2) ? draw.below(0x1000000) : MAX_CONTENTS_LEN - draw.below(1_000_000);
}

/** A size of contents, at times one at which something changes. */
export function contentsSizeOf(draw: Draw): number {
  return draw.size(5_000, CONTENTS_SIZES);
}

/** Mostly few; now and then enough to pass rekeys, or a large one. */
function packetsOf(draw: Draw): RecordedPacket[] {
  const how = draw.weighted({ few: 40, many: 3, large: 1 });
  const isMany = how === 'many';
  const count = isMany ? 224 * draw.between(1, 3) + draw.between(-2, 20) : draw.size(20);
  const decoys = draw.pick([2, 10, 1_000]);
  const packets = Array.from({ length: count }, () => ({
    contents: draw.bytes(isMany ? draw.below(20) : contentsSizeOf(draw)),
    ignore: draw.oneIn(decoys),
  }));
  if (how === 'large') {
    // What is in it makes no difference, and would take time to draw.
    const size = draw.oneIn(8) ? MAX_CONTENTS_LEN - 1 + draw.below(3) : draw.below(300_000);
    const large = { contents: new Uint8Array(size), ignore: draw.oneIn(4) };
    packets.splice(draw.below(packets.length + 1), 0, large);
  }
  return packets;
}
