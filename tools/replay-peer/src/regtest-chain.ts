import { blockSubsidy, consensusParams, heightScript, merkleRoot } from '@btcp2p/consensus';
import { nativeSha256d } from '@btcp2p/reactor';
import {
  blockHeaderBytes,
  encode,
  regtest,
  Transaction,
  txid,
  type BlockHeader,
} from '@btcp2p/wire';

/** Seconds from one block to the next. */
const SPACING = 600;
/** Pays to anyone: a script of OP_TRUE. */
const ANYONE = Uint8Array.of(0x51);

/**
 * The first blocks of a valid regtest chain, genesis included, each with its coinbase alone: the
 * same ones at every call.
 */
export function regtestChain(count: number): Uint8Array[] {
  const blocks = [regtest.genesis.bytes];
  let previous = regtest.genesis.header;
  for (let height = 1; height < count; height++) {
    const coinbase = coinbaseAt(height);
    previous = mine({
      version: 0x20000000,
      prevBlockHash: nativeSha256d(blockHeaderBytes(previous)),
      merkleRoot: merkleRoot([txid(coinbase, nativeSha256d)], nativeSha256d).root,
      time: previous.time + SPACING,
      bits: previous.bits,
      nonce: 0,
    });
    const body = encode(Transaction, coinbase);
    blocks.push(Uint8Array.of(...blockHeaderBytes(previous), 1, ...body));
  }
  return blocks.slice(0, count);
}

function coinbaseAt(height: number): Transaction {
  return {
    version: 2,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32), index: 0xffffffff },
        // A coinbase's script has at least two bytes, and the push of a low height has one.
        scriptSig: Uint8Array.of(...heightScript(height), 0),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [{ value: blockSubsidy(height, consensusParams(regtest)), scriptPubKey: ANYONE }],
    lockTime: 0,
  };
}

/** Regtest's target is so high that every other hash or so is below it. */
function mine(header: BlockHeader): BlockHeader {
  for (let nonce = 0; ; nonce++) {
    const candidate = { ...header, nonce };
    if (nativeSha256d(blockHeaderBytes(candidate))[31]! < 0x7f) return candidate;
  }
}
