import {
  blockSubsidy, checkProofOfWork, consensusParams, genesisAnchor, HeaderTree, heightScript, merkleRoot,
} from '@btcp2p/consensus';
import {
  BLOCK_HEADER_SIZE, BlockHeader, BlockView, encode, hashToHex, regtest, sha256d, Transaction, txid, Writer,
} from '@btcp2p/wire';

/** A height of which regtest knows a snapshot. */
export const SNAPSHOT_HEIGHT = 200;

const OP_TRUE = 0x51;

/** Pay to the SHA-256 of OP_TRUE (Core `P2WSH_OP_TRUE`, test/util/script.h). */
const P2WSH_OP_TRUE = Uint8Array.of(
  0x00, 0x20,
  ...Buffer.from(await crypto.subtle.digest('SHA-256', Uint8Array.of(OP_TRUE))),
);

/**
 * The 200 blocks of which regtest knows a snapshot: they are what Core's fuzz test of it makes
 * (`CreateBlockChain`, test/util/mining.cpp).
 */
export function snapshotChain(): BlockView[] {
  const params = consensusParams(regtest);
  const headers = new HeaderTree({ params, anchor: genesisAnchor(regtest) });
  const blocks: BlockView[] = [];
  for (let height = 1; height <= SNAPSHOT_HEIGHT; height++) {
    const parent = headers.best;
    const coinbase: Transaction = {
      version: 2,
      inputs: [{
        prevout: { txid: new Uint8Array(32), index: 0xffffffff },
        scriptSig: Uint8Array.of(...heightScript(height), 0x00),
        sequence: 0xfffffffe,
        witness: [],
      }],
      outputs: [{ value: blockSubsidy(height, params), scriptPubKey: P2WSH_OP_TRUE }],
      lockTime: height - 1,
    };
    const header: BlockHeader = {
      version: 4,
      prevBlockHash: headers.hash(parent),
      merkleRoot: merkleRoot([txid(coinbase)], sha256d).root,
      time: headers.time(0) + height,
      bits: headers.bits(0),
      nonce: 0,
    };
    const bytes = Uint8Array.of(...encode(BlockHeader, header), 1, ...encode(Transaction, coinbase));
    const start = bytes.subarray(0, BLOCK_HEADER_SIZE);
    for (let nonce = 0; !checkProofOfWork(sha256d(start), header.bits, params); ) {
      new Writer(bytes.subarray(76, 80)).u32(++nonce);
    }
    if (headers.add(start, header.time).status !== 'added') throw new Error('not a good header');
    blocks.push(BlockView.of(bytes));
  }
  const known = params.assumeutxo.find(({ height }) => height === SNAPSHOT_HEIGHT)!;
  const made = hashToHex(blocks.at(-1)!.hash());
  if (made !== hashToHex(known.blockHash)) throw new Error(`block ${made} is not the one that is known`);
  return blocks;
}
