/** The empty element: zero, and false. Shared, so it must not be written to (it cannot be). */
export const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * An element as a number: little-endian, the highest bit being the sign (Core `CScriptNum`,
 * script/script.h).
 *
 * @param minimal whether only the shortest form is a number
 * @param maxSize bytes allowed: 4, or 5 for lock times, so that a double holds any of them exactly
 * @returns NaN if it is too long, or not the shortest form where that is asked for. It is never -0.
 */
export function decodeScriptNumber(bytes: Uint8Array, minimal: boolean, maxSize = 4): number {
  const { length } = bytes;
  if (length === 0) return 0;
  if (length > maxSize) return NaN;
  const last = bytes[length - 1]!;
  if (minimal && (last & 0x7f) === 0 && (length === 1 || (bytes[length - 2]! & 0x80) === 0)) {
    return NaN;
  }
  let magnitude = last & 0x7f;
  for (let i = length - 2; i >= 0; i--) magnitude = magnitude * 256 + bytes[i]!;
  return (last & 0x80) === 0 ? magnitude : 0 - magnitude;
}

/** An integer of less than 53 bits as an element, in the shortest form (Core `CScriptNum::getvch`). */
export function encodeScriptNumber(value: number): Uint8Array {
  if (value === 0) return EMPTY;
  if (value > 0 && value <= 16) return SMALL[value]!;
  const magnitude = Math.abs(value);
  let length = 1;
  for (let limit = 0x80; magnitude >= limit; limit *= 256) length++;
  const bytes = new Uint8Array(length);
  let rest = magnitude;
  for (let i = 0; i < length; i++) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  if (value < 0) bytes[length - 1]! |= 0x80;
  return bytes;
}

/** The elements of 0 to 16. All scripts share them. */
const SMALL: readonly Uint8Array[] = Array.from({ length: 17 }, (_, value) =>
  value === 0 ? EMPTY : Uint8Array.of(value),
);

/** What comparisons push for true. */
export const TRUE: Uint8Array = SMALL[1]!;

/** Whether an element counts as true: any byte is set, but for the sign of a negative zero. */
export function isTrue(element: Uint8Array): boolean {
  const last = element.length - 1;
  for (let i = 0; i < last; i++) if (element[i] !== 0) return true;
  return last >= 0 && element[last] !== 0 && element[last] !== 0x80;
}
