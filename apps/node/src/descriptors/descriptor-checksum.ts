/** BIP 380 §Checksum: groups of 32, so that what differs in case only is as far apart as in ASCII. */
const INPUT =
  '0123456789()[],\'/*abcdefgh@:$%{}' +
  'IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~' +
  'ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];

/**
 * The eight characters that a descriptor ends with, after `#`; undefined if it has characters that no
 * descriptor can have (BIP 380; Core `DescriptorChecksum`, script/descriptor.cpp).
 *
 * @param text without a checksum
 */
export function descriptorChecksum(text: string): string | undefined {
  let checksum = 1n;
  const add = (symbol: number): void => {
    const top = Number(checksum >> 35n);
    checksum = ((checksum & 0x7ffffffffn) << 5n) ^ BigInt(symbol);
    for (let i = 0; i < 5; i++) if (((top >>> i) & 1) !== 0) checksum ^= GENERATOR[i]!;
  };
  let groups = 0;
  let count = 0;
  for (const character of text) {
    const position = INPUT.indexOf(character);
    if (position === -1) return undefined;
    add(position & 31);
    groups = groups * 3 + (position >> 5);
    if (++count % 3 !== 0) continue;
    add(groups);
    groups = 0;
  }
  if (count % 3 !== 0) add(groups);
  for (let i = 0; i < 8; i++) add(0);
  checksum ^= 1n;
  return Array.from({ length: 8 }, (_, i) => OUTPUT[Number((checksum >> BigInt(5 * (7 - i))) & 31n)]).join('');
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
