/** A number of 32 bits that looks random, from a number and which of many it is to be. */
function mixed(number: number, which: number): number {
  let x = Math.imul(number ^ Math.imul(which + 1, 0x9e37_79b1), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 16), 0xc2b2_ae35);
  x = Math.imul(x ^ (x >>> 15) ^ which, 0x27d4_eb2f);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A number below `limit` that looks random. Other salts give other sequences. */
export function pick(number: number, salt: number, limit: number): number {
  return mixed(mixed(number, salt), salt) % limit;
}

/**
 * The key of a coin as `CoinsStore` has it: `C`, txid, VARINT of the index. Two neighbours are outputs
 * of one transaction, one of 16 has an index of two bytes.
 */
export function coinKeyOf(number: number): Uint8Array {
  const isLong = number % 16 === 0;
  const key = new Uint8Array(isLong ? 35 : 34);
  const view = new DataView(key.buffer);
  key[0] = 0x43;
  for (let word = 0; word < 8; word++) view.setUint32(1 + 4 * word, mixed(number >>> 1, word));
  key[33] = isLong ? 0x80 | pick(number, 8, 100) : number & 1;
  return key;
}

/** A value of 20 to 60 bytes. */
export function coinValueOf(number: number): Uint8Array {
  const value = new Uint8Array(20 + pick(number, 9, 41));
  for (let at = 0; at < value.length; at++) value[at] = mixed(number, 100 + (at >> 2)) >>> (8 * (at & 3));
  return value;
}
