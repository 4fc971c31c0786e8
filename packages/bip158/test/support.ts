import { BlockView, encode, Transaction, compactSizeSize, Writer } from '@btcp2p/wire';

/** A block of one transaction for each list of scripts, with these scripts as its outputs. */
export function blockWith(
  scripts: readonly (readonly Uint8Array[])[],
  hasWitness = false,
): BlockView {
  const bodies = scripts.map((list, i) => encode(Transaction, transactionWith(list, i, hasWitness)));
  const size = bodies.reduce((sum, { length }) => sum + length, 80 + compactSizeSize(bodies.length));
  const bytes = new Uint8Array(size);
  const writer = new Writer(bytes);
  writer.bytes(new Uint8Array(80));
  writer.compactSize(bodies.length);
  for (const body of bodies) writer.bytes(body);
  return BlockView.of(bytes);
}

function transactionWith(
  scripts: readonly Uint8Array[],
  index: number,
  hasWitness: boolean,
): Transaction {
  const witness = hasWitness && index % 2 === 0 ? [new Uint8Array(300), new Uint8Array(0)] : [];
  const input = {
    prevout: { txid: new Uint8Array(32).fill(index), index },
    scriptSig: new Uint8Array(index * 100),
    sequence: 0,
    witness,
  };
  return {
    version: 2,
    inputs: Array.from({ length: 1 + (index % 3) }, () => input),
    outputs: scripts.map((scriptPubKey) => ({ value: 1n, scriptPubKey })),
    lockTime: 0,
  };
}

/** BIP 158 written down as it reads, with big integers and strings of bits; slow. */
export const model = {
  sipHash(key: Uint8Array, bytes: Uint8Array): bigint {
    const mask = 2n ** 64n - 1n;
    const rotate = (x: bigint, n: bigint): bigint => ((x << n) | (x >> (64n - n))) & mask;
    const [k0, k1] = [little(key.subarray(0, 8)), little(key.subarray(8, 16))];
    let v0 = k0 ^ 0x736f6d6570736575n;
    let v1 = k1 ^ 0x646f72616e646f6dn;
    let v2 = k0 ^ 0x6c7967656e657261n;
    let v3 = k1 ^ 0x7465646279746573n;
    const round = (): void => {
      v0 = (v0 + v1) & mask;
      v1 = rotate(v1, 13n) ^ v0;
      v0 = rotate(v0, 32n);
      v2 = (v2 + v3) & mask;
      v3 = rotate(v3, 16n) ^ v2;
      v0 = (v0 + v3) & mask;
      v3 = rotate(v3, 21n) ^ v0;
      v2 = (v2 + v1) & mask;
      v1 = rotate(v1, 17n) ^ v2;
      v2 = rotate(v2, 32n);
    };
    const padded = new Uint8Array(8 * (Math.floor(bytes.length / 8) + 1));
    padded.set(bytes);
    padded[padded.length - 1] = bytes.length & 0xff;
    for (let at = 0; at < padded.length; at += 8) {
      const word = little(padded.subarray(at, at + 8));
      v3 ^= word;
      round();
      round();
      v0 ^= word;
    }
    v2 ^= 0xffn;
    for (let i = 0; i < 4; i++) round();
    return v0 ^ v1 ^ v2 ^ v3;
  },

  /** The bytes of a filter, with the number of elements in front. */
  filter(key: Uint8Array, elements: readonly Uint8Array[]): Uint8Array {
    const different = new Map(elements.map((element) => [element.join(), element]));
    const range = BigInt(different.size) * 784_931n;
    const values = [...different.values()]
      .map((element) => (model.sipHash(key, element) * range) >> 64n)
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    let bits = '';
    let last = 0n;
    for (const value of values) {
      const delta = value - last;
      last = value;
      bits += `${'1'.repeat(Number(delta >> 19n))}0`;
      bits += (delta & 0x7ffffn).toString(2).padStart(19, '0');
    }
    return Uint8Array.of(...compactSize(different.size), ...bytesOf(bits));
  },
};

/** A string of bits as bytes, with zeros at the end. */
export function bytesOf(bits: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2);
  }
  return bytes;
}


function compactSize(value: number): Uint8Array {
  const bytes = new Uint8Array(compactSizeSize(value));
  new Writer(bytes).compactSize(value);
  return bytes;
}

function little(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
