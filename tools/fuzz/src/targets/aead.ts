import { type Aead, nobleAead } from '@btcp2p/bip324';
import { nativeAead } from '@btcp2p/reactor';
import { brief, concat, NOTHING } from '../bytes.ts';
import { chunkOf } from '../chunks.ts';
import type { Draw } from '../draw.ts';
import type { FuzzCase } from '../fuzz-case.ts';
import type { Target } from '../target.ts';

const KIB_64 = 65_536;
/** Sizes at which blocks, SIMD, and the choice between WebAssembly and OpenSSL change. */
const EDGES = [0, 1, 15, 16, 17, 63, 64, 65, 175, 176, 177, 191, 192, 193, 447, 448, 449, KIB_64];

/**
 * One AEAD against the default.
 *
 * @param tested `nativeAead`, unless a test has another
 */
export function aeadTarget(tested: Aead = nativeAead): Target {
  return {
    name: 'aead',
    what: 'nativeAead against nobleAead',
    run: (test) => runAead(test, tested),
  };
}

interface Sealing {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
}

function runAead(test: FuzzCase, tested: Aead): void {
  const { draw } = test;
  const aad = draw.oneIn(2) ? NOTHING : oddly(draw, draw.bytes(draw.size(5_000, EDGES)));
  const sealing = { key: oddly(draw, draw.bytes(32)), nonce: oddly(draw, draw.bytes(12)), aad };
  const message = draw.bytes(messageSize(draw));
  test.note(`${message.length} bytes, ${aad.length} of additional data, key ${brief(sealing.key)}`);
  const before = concat([sealing.key, sealing.nonce, aad, message]);

  const parts = split(draw, message);
  const { key, nonce } = sealing;
  const sealed = concat(tested.seal(key, nonce, aad, parts));
  test.sameBytes(sealed, concat(nobleAead.seal(key, nonce, aad, [message])), 'sealed');
  test.sameBytes(concat(parts), message, 'the parts, after they were sealed');
  open(test, tested, sealing, sealed, message);
  tamper(test, tested, sealing, sealed);
  test.sameBytes(concat([key, nonce, aad, message]), before, 'key, nonce and data afterwards');
  test.count(sizeClass(message.length + aad.length));
}

function messageSize(draw: Draw): number {
  // Around this it goes from WebAssembly to OpenSSL.
  if (draw.oneIn(4)) return draw.between(3_000, 3_200);
  return draw.oneIn(30) ? draw.below(KIB_64 + 1) : draw.size(8_000, EDGES);
}

function sizeClass(size: number): string {
  const limit = [0, 64, 512, 4_096, KIB_64].find((limit) => size <= limit);
  return limit === undefined ? 'larger' : `up to ${limit} bytes`;
}

/** A copy at any address. */
function oddly(draw: Draw, bytes: Uint8Array): Uint8Array {
  return chunkOf(draw, bytes).bytes;
}

/** Cuts at random places. Some pieces are empty. */
function split(draw: Draw, message: Uint8Array): Uint8Array[] {
  const cuts = draw.list(5, () => draw.below(message.length + 1)).toSorted((a, b) => a - b);
  const places = [0, ...cuts, message.length];
  return places.slice(1).map((place, i) => message.subarray(places[i], place));
}

/** @param plain what has to come out; undefined: nothing */
function open(
  test: FuzzCase,
  tested: Aead,
  { key, nonce, aad }: Sealing,
  sealed: Uint8Array,
  plain: Uint8Array | undefined,
): void {
  const chunk = chunkOf(test.draw, sealed);
  test.sameBytes(tested.open(key, nonce, aad, chunk.bytes), plain, 'opened');
  test.check(chunk.isIntact(), 'written to beside what was opened');
  test.sameBytes(nobleAead.open(key, nonce, aad, sealed.slice()), plain, 'opened by the reference');
}

function tamper(test: FuzzCase, tested: Aead, sealing: Sealing, sealed: Uint8Array): void {
  const { draw } = test;
  const how = draw.pick(['bytes', 'tag', 'key', 'nonce', 'aad', 'cut', 'longer', 'short'] as const);
  const end = sealed.length;
  switch (how) {
    case 'bytes':
      return open(test, tested, sealing, flipped(draw, sealed, 0), undefined);
    case 'tag':
      return open(test, tested, sealing, flipped(draw, sealed, end - 16), undefined);
    case 'key':
    case 'nonce':
      return open(test, tested, { ...sealing, [how]: flipped(draw, sealing[how], 0) }, sealed, undefined);
    case 'aad': {
      const aad = sealing.aad.length === 0 ? draw.bytes(1) : flipped(draw, sealing.aad, 0);
      return open(test, tested, { ...sealing, aad }, sealed, undefined);
    }
    case 'cut':
      return open(test, tested, sealing, sealed.subarray(0, draw.below(end)), undefined);
    case 'longer':
      return open(test, tested, sealing, concat([sealed, draw.bytes(draw.between(1, 40))]), undefined);
    case 'short':
      return open(test, tested, sealing, draw.bytes(draw.below(17)), undefined);
  }
}

function flipped(draw: Draw, bytes: Uint8Array, from: number): Uint8Array {
  // Not slice(): a Buffer's does not copy.
  const copy = new Uint8Array(bytes);
  copy[draw.between(from, copy.length - 1)]! ^= 1 << draw.below(8);
  return copy;
}
