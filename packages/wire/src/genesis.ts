import { BLOCK_HEADER_SIZE, BlockHeader } from './block-header.ts';
import { sha256d } from './sha256d.ts';
import { Transaction } from './transaction.ts';
import { Writer } from './writer.ts';

/** In what the genesis blocks of the networks differ. */
export interface GenesisParts {
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
  /** What the coinbase says, ASCII. */
  readonly text: string;
  /** The key that the 50 BTC are paid to. */
  readonly publicKey: Uint8Array;
}

/** The bytes of a genesis block (Core `CreateGenesisBlock`, kernel/chainparams.cpp). */
export function genesisBlockBytes(parts: GenesisParts): Uint8Array {
  const text = Uint8Array.from(parts.text, (character) => character.charCodeAt(0));
  // Pushes of 486604799 (the bits of block 0, as a script number), of 4, and of the text, which
  // takes OP_PUSHDATA1 above 75 bytes.
  const push = text.length <= 75 ? [text.length] : [0x4c, text.length];
  const coinbase: Transaction = {
    version: 1,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32), index: 0xffffffff },
        scriptSig: Uint8Array.of(4, 0xff, 0xff, 0, 0x1d, 1, 4, ...push, ...text),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [
      {
        value: 5_000_000_000n,
        // The key, then OP_CHECKSIG.
        scriptPubKey: Uint8Array.of(parts.publicKey.length, ...parts.publicKey, 0xac),
      },
    ],
    lockTime: 0,
  };
  const size = Transaction.size(coinbase);
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + 1 + size);
  const body = bytes.subarray(BLOCK_HEADER_SIZE + 1);
  Transaction.write(new Writer(body), coinbase);
  const { time, bits, nonce } = parts;
  BlockHeader.write(new Writer(bytes), {
    version: 1,
    prevBlockHash: new Uint8Array(32),
    merkleRoot: sha256d(body),
    time,
    bits,
    nonce,
  });
  bytes[BLOCK_HEADER_SIZE] = 1;
  return bytes;
}
