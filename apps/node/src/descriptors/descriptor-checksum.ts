/** BIP 380 §Checksum: groups of 32, so that what differs in case only is as far apart as in ASCII. */
const INPUT =
  '0123456789()[],\'/*abcdefgh@:$%{}' +
  'IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~' +
  'ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** What a top symbol's bits add, of 40 bits: the highest 15, and the other 25. */
const GENERATOR = [0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd].map(
  (bits) => ({ high: Math.floor(bits / 2 ** 25), low: bits % 2 ** 25 }),
);

/** Places in {@link INPUT} by character code; 255 for what is not in it. */
const PLACES = new Uint8Array(128).fill(255);
for (let i = 0; i < INPUT.length; i++) PLACES[INPUT.charCodeAt(i)] = i;

/**
 * The eight characters that a descriptor ends with, after `#`; undefined if it has characters that no
 * descriptor can have (BIP 380; Core `DescriptorChecksum`, script/descriptor.cpp).
 *
 * @param text without a checksum
 */
export function descriptorChecksum(text: string): string | undefined {
  // Blocks as JSON have a descriptor for each output, and a bigint of 40 bits takes ten times as
  // long as its two parts.
  let high = 0;
  let low = 1;
  const add = (symbol: number): void => {
    const top = high >>> 10;
    high = ((high & 0x3ff) << 5) | (low >>> 20);
    low = ((low & 0xfffff) << 5) ^ symbol;
    for (let i = 0; i < 5; i++) {
      if (((top >>> i) & 1) === 0) continue;
      high ^= GENERATOR[i]!.high;
      low ^= GENERATOR[i]!.low;
    }
  };
  let groups = 0;
  for (let i = 0; i < text.length; i++) {
    const place = PLACES[text.charCodeAt(i)] ?? 255;
    if (place === 255) return undefined;
    add(place & 31);
    groups = groups * 3 + (place >> 5);
    if (i % 3 !== 2) continue;
    add(groups);
    groups = 0;
  }
  if (text.length % 3 !== 0) add(groups);
  for (let i = 0; i < 8; i++) add(0);
  low ^= 1;
  const symbols = [high >>> 10, high >>> 5, high, low >>> 20, low >>> 15, low >>> 10, low >>> 5, low];
  return symbols.map((symbol) => OUTPUT[symbol & 31]!).join('');
}

/** A descriptor with its checksum behind it. */
export function withChecksum(text: string): string {
  return `${text}#${descriptorChecksum(text)}`;
}

/** A descriptor without its checksum, or why the checksum is wrong, in Core's words. */
export type SplitDescriptor =
  | { readonly status: 'ok'; readonly text: string; readonly checksum: string }
  | { readonly status: 'invalid'; readonly error: string };

/** Takes the checksum off, if there is one, and compares it (Core `CheckChecksum`). */
export function splitChecksum(descriptor: string, isRequired: boolean): SplitDescriptor {
  const invalid = (error: string): SplitDescriptor => ({ status: 'invalid', error });
  const [text, given, ...others] = descriptor.split('#') as [string, ...string[]];
  if (others.length > 0) return invalid("Multiple '#' symbols");
  if (given === undefined && isRequired) return invalid('Missing checksum');
  if (given !== undefined && given.length !== 8) {
    return invalid(`Expected 8 character checksum, not ${given.length} characters`);
  }
  const checksum = descriptorChecksum(text);
  // An empty checksum is Core's way to say so, which a descriptor without characters has not.
  if (checksum === undefined) return invalid('Invalid characters in payload');
  if (given !== undefined && given !== checksum) {
    return invalid(`Provided checksum '${given}' does not match computed checksum '${checksum}'`);
  }
  return { status: 'ok', text, checksum };
}
