import { MAX_MONEY } from '@btcp2p/consensus';
import type { Codec } from '@btcp2p/wire';
import { readVarInt64, VarInt64, varIntSize, writeVarInt } from './var-int.ts';

/** An amount up to here is compressed, and one compressed to at most here restored, in doubles. */
const EXACT = 2 ** 49;

/**
 * An amount as the number that Core stores for it (`CompressAmount`, compressor.cpp): most amounts
 * end with zeros, and their number is told in one digit.
 *
 * @throws RangeError unless it is 0 to `MAX_MONEY` satoshis
 */
export function compressAmount(amount: bigint): bigint {
  return BigInt(compress(amount));
}

function compress(amount: bigint): number | bigint {
  if (amount < 0n || amount > MAX_MONEY) throw new RangeError(`no amount of money: ${amount}`);
  if (amount > EXACT) return compressLarge(amount);
  let left = Number(amount);
  if (left === 0) return 0;
  let zeros = 0;
  while (zeros < 9 && left % 10 === 0) {
    left /= 10;
    zeros++;
  }
  if (zeros === 9) return 10 * left;
  const digit = left % 10;
  return 1 + 10 * (9 * ((left - digit) / 10) + digit - 1) + zeros;
}

function compressLarge(amount: bigint): bigint {
  let left = amount;
  let zeros = 0n;
  while (zeros < 9n && left % 10n === 0n) {
    left /= 10n;
    zeros++;
  }
  if (zeros === 9n) return 10n * left;
  return 1n + 10n * (9n * (left / 10n) + (left % 10n) - 1n) + zeros;
}

/**
 * The amount that such a number of 64 bits stands for (Core `DecompressAmount`, compressor.cpp). As
 * in Core the result wraps to signed 64 bits, so what is not our own needs a check.
 */
export function decompressAmount(compressed: bigint): bigint {
  return decompress(compressed <= EXACT ? Number(compressed) : compressed);
}

function decompress(compressed: number | bigint): bigint {
  if (compressed === 0) return 0n;
  if (typeof compressed === 'number' && compressed <= EXACT) {
    let left = compressed - 1;
    const zeros = left % 10;
    left = (left - zeros) / 10;
    if (zeros < 9) {
      const digit = left % 9;
      left = 10 * ((left - digit) / 9) + digit + 1;
    } else {
      left += 1;
    }
    const amount = left * 10 ** zeros;
    return Number.isSafeInteger(amount) ? BigInt(amount) : wrap(BigInt(left) * 10n ** BigInt(zeros));
  }
  const left = BigInt(compressed) - 1n;
  const [zeros, rest] = [left % 10n, left / 10n];
  const significant = zeros < 9n ? 10n * (rest / 9n) + (rest % 9n) + 1n : rest + 1n;
  return wrap(significant * 10n ** zeros);
}

function wrap(amount: bigint): bigint {
  return BigInt.asIntN(64, amount);
}

/** An amount in satoshis, compressed, as VARINT: 1 to 9 bytes (Core `AmountCompression`). */
export const CompressedAmount: Codec<bigint> = {
  size(amount) {
    const compressed = compress(amount);
    return typeof compressed === 'number' ? varIntSize(compressed) : VarInt64.size(compressed);
  },
  write(writer, amount) {
    const compressed = compress(amount);
    if (typeof compressed === 'number') writeVarInt(writer, compressed);
    else VarInt64.write(writer, compressed);
  },
  read: (reader) => decompress(readVarInt64(reader)),
};
