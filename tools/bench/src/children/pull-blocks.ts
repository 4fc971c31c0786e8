// Pulls blocks from a peer on regtest with `connect`, in a process of its own: it says when it is
// ready, waits to be told to go, and tells how long it took until the last block had come.
import { connect, nativeSha256d, type PeerConnection } from '@btcp2p/reactor';
import {
  blockHash, equalHashes, hashToHex, regtest, type InventoryVector,
} from '@btcp2p/wire';
import type { PullResult, PullTask } from '../pull-blocks.ts';

/** Core's `MAX_BLOCKS_IN_TRANSIT_PER_PEER` (net_processing.cpp). */
const WINDOW = 16;

const { peer: address, v2Transport, count } = JSON.parse(process.argv[2]!) as PullTask;

process.once('message', () => void pull());
process.on('disconnect', () => process.exit(0));
process.send!('ready');

async function pull(): Promise<void> {
  const start = performance.now();
  const peer = await connect(address, { network: regtest, v2Transport });
  const hashes = await hashesOf(peer);
  const bytes = await blocksOf(peer, hashes);
  const seconds = (performance.now() - start) / 1_000;
  const spoken = peer.info.transport_protocol_type;
  if (spoken !== (v2Transport ? 'v2' : 'v1')) throw new Error(`the peer speaks ${spoken}`);
  const result: PullResult = { seconds, bytes, tip: hashToHex(hashes.at(-1)!) };
  process.send!(result);
}

/** The hashes of all blocks, from the headers that the peer has. */
async function hashesOf(peer: PeerConnection): Promise<Uint8Array[]> {
  const locator = [regtest.genesisHash];
  peer.send({ type: 'getheaders', payload: { version: 0, locator, hashStop: new Uint8Array(32) } });
  for await (const message of peer.messages()) {
    if (message.type !== 'headers') continue;
    const { headers } = message.payload;
    if (headers.length !== count) throw new Error(`${headers.length} headers`);
    return headers.map((header) => blockHash(header, nativeSha256d));
  }
  throw new Error('the peer hung up');
}

/** Gets all blocks, of which 16 are asked for at any time. Answers their bytes. */
async function blocksOf(peer: PeerConnection, hashes: readonly Uint8Array[]): Promise<number> {
  let bytes = 0;
  let next = 0;
  request(peer, hashes.slice(0, WINDOW));
  for await (const message of peer.messages()) {
    if (message.type !== 'block') continue;
    const { block } = message.payload;
    if (!equalHashes(block.hash(nativeSha256d), hashes[next]!)) throw new Error('another block');
    bytes += block.size;
    next++;
    if (next === hashes.length) return bytes;
    request(peer, hashes.slice(next + WINDOW - 1, next + WINDOW));
  }
  throw new Error('the peer hung up');
}

function request(peer: PeerConnection, hashes: readonly Uint8Array[]): void {
  if (hashes.length === 0) return;
  const inventory = hashes.map((hash): InventoryVector => ({ type: 'witness_block', hash }));
  peer.send({ type: 'getdata', payload: { inventory } });
}
