import type { OutPoint } from '@btcp2p/wire';

/** 32 bytes as a key of a `Map`: 16 characters of two bytes each. */
export function hashKey(hash: Uint8Array): string {
  return String.fromCharCode(
    hash[0]! | (hash[1]! << 8), hash[2]! | (hash[3]! << 8),
    hash[4]! | (hash[5]! << 8), hash[6]! | (hash[7]! << 8),
    hash[8]! | (hash[9]! << 8), hash[10]! | (hash[11]! << 8),
    hash[12]! | (hash[13]! << 8), hash[14]! | (hash[15]! << 8),
    hash[16]! | (hash[17]! << 8), hash[18]! | (hash[19]! << 8),
    hash[20]! | (hash[21]! << 8), hash[22]! | (hash[23]! << 8),
    hash[24]! | (hash[25]! << 8), hash[26]! | (hash[27]! << 8),
    hash[28]! | (hash[29]! << 8), hash[30]! | (hash[31]! << 8),
  );
}

/** The key of an output of the transaction whose txid has that key. */
export function outputKey(txidKey: string, index: number): string {
  return txidKey + String.fromCharCode(index & 0xffff, index >>> 16);
}

/** The key of an outpoint. */
export function outPointKey({ txid, index }: OutPoint): string {
  return outputKey(hashKey(txid), index);
}
