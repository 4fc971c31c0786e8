/** What is wrong with a Bech32 text, and where in it (Core `bech32::LocateErrors`, bech32.cpp). */
export interface Bech32Fault {
  readonly error: string;
  /** Places of characters that are likely wrong, from 0, in order; none if it cannot be told. */
  readonly locations: readonly number[];
}

const CHARACTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_SIZE = 6;
/** BIP 173: an address has at most 90 characters. */
const LIMIT = 90;

/** What the checksum of a right text comes to, in the order in which Core tries them. */
const ENCODINGS = [
  { name: 'Bech32', constant: 1 },
  { name: 'Bech32m', constant: 0x2bc830a3 },
];

/**
 * Finds up to two wrong characters in a text that is no valid Bech32 or Bech32m of 90 characters.
 * What should be there instead is not told: whoever corrects an address by software may lose coins.
 */
export function locateBech32Errors(text: string): Bech32Fault {
  const { length } = text;
  if (length > LIMIT) {
    const locations = Array.from({ length: length - LIMIT }, (_, i) => LIMIT + i);
    return { error: 'Bech32 string too long', locations };
  }
  const bad = badCharacters(text);
  if (bad.length > 0) return { error: 'Invalid character or mixed case', locations: bad };
  const separator = text.lastIndexOf('1');
  if (separator === -1) return { error: 'Missing separator', locations: [] };
  if (separator === 0 || separator + CHECKSUM_SIZE >= length) {
    return { error: 'Invalid separator position', locations: [separator] };
  }
  const lower = text.toLowerCase();
  const values = Array.from(lower.slice(separator + 1), (character) => CHARACTERS.indexOf(character));
  const unknown = values.indexOf(-1);
  if (unknown !== -1) {
    return { error: 'Invalid Base 32 character', locations: [separator + 1 + unknown] };
  }
  return locate(lower.slice(0, separator), values, length);
}

/** Characters that are no printable ASCII, or whose case is not that of the first letter. */
function badCharacters(text: string): number[] {
  const bad: number[] = [];
  let first: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    const letterCase =
      /[a-z]/.test(character) ? 'lower' : /[A-Z]/.test(character) ? 'upper' : undefined;
    if (letterCase === undefined) {
      const code = character.charCodeAt(0);
      if (code < 33 || code > 126) bad.push(i);
    } else if (letterCase !== (first ??= letterCase)) bad.push(i);
  }
  return bad;
}

function locate(hrp: string, values: readonly number[], length: number): Bech32Fault {
  let best: { readonly name: string; readonly locations: readonly number[] } | undefined;
  for (const { name, constant } of ENCODINGS) {
    const residue = polymod([...expandHrp(hrp), ...values]) ^ constant;
    if (residue === 0) return { error: '', locations: [] };
    const places = wrongPlaces(residue, values.length);
    if (places.length > 0 && (best === undefined || places.length < best.locations.length)) {
      const locations = places.map((place) => length - 1 - place).sort((a, b) => a - b);
      best = { name, locations };
    }
  }
  if (best === undefined) return { error: 'Invalid checksum', locations: [] };
  return { error: `Invalid ${best.name} checksum`, locations: best.locations };
}

/**
 * The one or two places, counted from the end, whose change explains the residue. The code is linear:
 * the residue of several errors is the sum of those that each alone would leave, and of up to two in
 * 90 characters no two combinations leave the same.
 */
function wrongPlaces(residue: number, count: number): number[] {
  const single = new Map<number, number>();
  for (let error = 1; error < 32; error++) {
    for (let place = 0, left = error; place < count; place++, left = polymod([0], left)) {
      single.set(left, place);
    }
  }
  const only = single.get(residue);
  if (only !== undefined) return [only];
  for (const [left, place] of single) {
    const other = single.get(residue ^ left);
    if (other !== undefined && other !== place) return [place, other];
  }
  return [];
}

function expandHrp(hrp: string): number[] {
  const codes = Array.from(hrp, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/** The checksum polynomial's remainder (BIP 173), with what `start` left. */
function polymod(values: readonly number[], start = 1): number {
  let remainder = start;
  for (const value of values) {
    const top = remainder >>> 25;
    remainder = ((remainder & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if (((top >>> i) & 1) !== 0) remainder ^= GENERATOR[i]!;
  }
  return remainder;
}
