import { SeededRng, type Rng } from '@btcp2p/machine';
import { BLOCK_HEADER_SIZE, BlockView, encode, Transaction } from '@btcp2p/wire';

/** Bytes of a count of transactions from 253 to 65,535. */
const COUNT_SIZE = 3;

/** Bytes of a signature script with a signature and a public key. */
const SIGNED = 107;

/** Bytes of a payment with such a script. */
const PAYMENT_SIZE = 226;

/**
 * A block of exactly so many bytes, full of payments with one input and two outputs. Its structure
 * is right, and nothing else of it.
 *
 * @param size bytes, from 100,000 to 4,000,000
 */
export function denseBlock(size: number): BlockView {
  const rng = new SeededRng(BigInt(size));
  const room = size - BLOCK_HEADER_SIZE - COUNT_SIZE;
  const count = Math.floor(room / PAYMENT_SIZE) - 1;
  const bytes = new Uint8Array(size);
  bytes.set([0xfd, count & 0xff, count >>> 8], BLOCK_HEADER_SIZE);
  let offset = BLOCK_HEADER_SIZE + COUNT_SIZE;
  for (let i = 1; i < count; i++, offset += PAYMENT_SIZE) bytes.set(payment(rng, SIGNED), offset);
  // The last one takes what is left: its script is so long that its length has three bytes, not one.
  bytes.set(payment(rng, SIGNED + (size - offset) - PAYMENT_SIZE - 2), offset);
  return BlockView.of(bytes);
}

function payment(rng: Rng, scriptSize: number): Uint8Array {
  const prevout = { txid: rng.bytes(32), index: 0 };
  const output = { value: 1_000n, scriptPubKey: rng.bytes(25) };
  return encode(Transaction, {
    version: 2,
    inputs: [{ prevout, scriptSig: rng.bytes(scriptSize), sequence: 0xffffffff, witness: [] }],
    outputs: [output, output],
    lockTime: 0,
  });
}
