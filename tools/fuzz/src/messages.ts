import {
  type AddressNetwork, blockHeaderBytes, BlockView, encode, type BlockHeader, type InventoryType,
  isMessageType, type Message, type MessageType, type NetAddress, type Payloads, Transaction,
  TransactionView, type TxIn, type TxOut, type VersionAddress,
} from '@btcp2p/wire';
import { concat } from './bytes.ts';
import type { Draw } from './draw.ts';

type Makers = { readonly [T in MessageType]: (draw: Draw) => Payloads[T] };

const empty = (): Record<string, never> => ({});
const u32 = (draw: Draw): number => draw.below(2 ** 32);
const i32 = (draw: Draw): number => u32(draw) | 0;
const i64 = (draw: Draw): bigint => BigInt.asIntN(64, draw.u64());
const hash = (draw: Draw): Uint8Array => draw.bytes(32);
const hashes = (draw: Draw): Uint8Array[] => draw.list(8, () => hash(draw));
/** Mostly short, now and then long enough for a length of 3 bytes. */
const blob = (draw: Draw): Uint8Array => draw.bytes(draw.oneIn(10) ? draw.between(250, 300) : draw.below(40));
const text = (draw: Draw, min: number, max: number): string =>
  String.fromCharCode(...draw.bytes(draw.between(min, max)));

function header(draw: Draw): BlockHeader {
  const [version, prevBlockHash, merkleRoot] = [i32(draw), hash(draw), hash(draw)];
  return { version, prevBlockHash, merkleRoot, time: u32(draw), bits: u32(draw), nonce: u32(draw) };
}

function input(draw: Draw): TxIn {
  return {
    prevout: { txid: hash(draw), index: u32(draw) },
    scriptSig: blob(draw),
    sequence: u32(draw),
    witness: draw.oneIn(2) ? [] : draw.list(3, () => blob(draw)),
  };
}

function output(draw: Draw): TxOut {
  return { value: i64(draw), scriptPubKey: blob(draw) };
}

/** At least one input: without any, a transaction that has outputs cannot be read again. */
function transaction(draw: Draw): Transaction {
  const inputs = [input(draw), ...draw.list(2, () => input(draw))];
  const outputs = draw.list(3, () => output(draw));
  return { version: u32(draw), inputs, outputs, lockTime: u32(draw) };
}

function block(draw: Draw): BlockView {
  const transactions = draw.list(5, () => encode(Transaction, transaction(draw)));
  const count = Uint8Array.of(transactions.length);
  return BlockView.of(concat([blockHeaderBytes(header(draw)), count, ...transactions]));
}

const SIZES: Readonly<Record<AddressNetwork, number>> = {
  ipv4: 4, ipv6: 16, torv3: 32, i2p: 32, cjdns: 16,
};

function address(draw: Draw, networks: readonly AddressNetwork[]): NetAddress {
  const network = draw.pick(networks);
  return { network, bytes: draw.bytes(SIZES[network]), port: draw.below(65_536) };
}

function versionAddress(draw: Draw): VersionAddress {
  return { ...address(draw, ['ipv4', 'ipv6']), services: draw.u64() };
}

const INVENTORY_TYPES: readonly InventoryType[] = [
  'error', 'tx', 'block', 'filtered_block', 'cmpct_block', 'wtx', 'witness_tx', 'witness_block',
  'filtered_witness_block',
];

function inventory(draw: Draw): Payloads['inv'] {
  return {
    inventory: draw.list(10, () => ({ type: draw.pick(INVENTORY_TYPES), hash: hash(draw) })),
  };
}

function locator(draw: Draw): Payloads['getheaders'] {
  return { version: u32(draw), locator: hashes(draw), hashStop: hash(draw) };
}

function filterRange(draw: Draw): Payloads['getcfilters'] {
  return { filterType: draw.below(256), startHeight: u32(draw), stopHash: hash(draw) };
}

function ascending(draw: Draw): number[] {
  return [...new Set(draw.list(8, () => draw.size(0xffff)))].toSorted((a, b) => a - b);
}

function ping(draw: Draw): Payloads['ping'] {
  return { nonce: draw.oneIn(10) ? undefined : draw.u64() };
}

/** A transaction as it is in messages. */
function transactionView(draw: Draw): TransactionView {
  return TransactionView.from(transaction(draw));
}

const MAKERS: Makers = {
  version: (draw) => ({
    version: i32(draw),
    services: draw.u64(),
    timestamp: i64(draw),
    receiver: versionAddress(draw),
    sender: versionAddress(draw),
    nonce: draw.u64(),
    userAgent: text(draw, 0, 256),
    startHeight: i32(draw),
    relay: draw.oneIn(2),
  }),
  verack: empty,
  addr: (draw) => ({
    addresses: draw.list(6, () => {
      const time = u32(draw);
      return { time, services: draw.u64(), address: address(draw, ['ipv4', 'ipv6']) };
    }),
  }),
  addrv2: (draw) => ({
    addresses: draw.list(6, () => {
      const services = draw.oneIn(2) ? draw.u64() : BigInt(draw.below(3_000));
      const all = Object.keys(SIZES) as AddressNetwork[];
      return { time: u32(draw), services, address: address(draw, all) };
    }),
  }),
  sendaddrv2: empty,
  inv: inventory,
  getdata: inventory,
  merkleblock: (draw) => ({
    header: header(draw),
    transactionCount: u32(draw),
    hashes: hashes(draw),
    flags: draw.bytes(draw.below(20)),
  }),
  getblocks: locator,
  getheaders: locator,
  tx: (draw) => ({ transaction: transactionView(draw) }),
  headers: (draw) => ({ headers: draw.list(8, () => header(draw)) }),
  block: (draw) => ({ block: block(draw) }),
  getaddr: empty,
  mempool: empty,
  ping,
  pong: ping,
  notfound: inventory,
  filterload: (draw) => ({
    filter: blob(draw),
    hashFunctions: u32(draw),
    tweak: u32(draw),
    flags: draw.below(256),
  }),
  filteradd: (draw) => ({ data: blob(draw) }),
  filterclear: empty,
  sendheaders: empty,
  feefilter: (draw) => ({ feerate: i64(draw) }),
  sendcmpct: (draw) => ({ announce: draw.oneIn(2), version: draw.oneIn(2) ? 2n : draw.u64() }),
  cmpctblock: (draw) => ({
    header: header(draw),
    nonce: draw.u64(),
    shortIds: draw.list(10, () => draw.bytes(6)),
    prefilled: ascending(draw).map((index) => ({ index, transaction: transactionView(draw) })),
  }),
  getblocktxn: (draw) => ({ blockHash: hash(draw), indexes: ascending(draw) }),
  blocktxn: (draw) => ({
    blockHash: hash(draw),
    transactions: draw.list(4, () => transactionView(draw)),
  }),
  getcfilters: filterRange,
  cfilter: (draw) => ({ filterType: draw.below(256), blockHash: hash(draw), filter: blob(draw) }),
  getcfheaders: filterRange,
  cfheaders: (draw) => ({
    filterType: draw.below(256),
    stopHash: hash(draw),
    previousFilterHeader: hash(draw),
    filterHashes: hashes(draw),
  }),
  getcfcheckpt: (draw) => ({ filterType: draw.below(256), stopHash: hash(draw) }),
  cfcheckpt: (draw) => ({
    filterType: draw.below(256),
    stopHash: hash(draw),
    filterHeaders: hashes(draw),
  }),
  wtxidrelay: empty,
  sendtxrcncl: (draw) => ({ version: u32(draw), salt: draw.u64() }),
  feature: (draw) => ({ id: text(draw, 4, 80), data: draw.bytes(draw.below(100)) }),
  reject: (draw) => ({
    message: text(draw, 0, 12),
    code: draw.below(256),
    reason: text(draw, 0, 111),
    data: draw.bytes(draw.below(40)),
  }),
  alert: (draw) => ({ payload: blob(draw), signature: blob(draw) }),
};

/** All types of message that are known. */
export const MESSAGE_TYPES: readonly MessageType[] = Object.keys(MAKERS) as MessageType[];

/** A message of one type. */
export function messageOfType(draw: Draw, type: MessageType): Message {
  return { type, payload: MAKERS[type](draw) } as Message;
}

/** A message of any type, now and then of none that is known. */
export function anyMessage(draw: Draw): Message {
  if (!draw.oneIn(20)) return messageOfType(draw, draw.pick(MESSAGE_TYPES));
  const name = Array.from({ length: draw.below(13) }, () => String.fromCharCode(draw.between(0x20, 0x7e)));
  const messageType = name.join('');
  const bytes = draw.bytes(draw.size(70_000));
  if (isMessageType(messageType)) return { type: 'mempool', payload: {} };
  return { type: 'unknown', payload: { messageType, bytes } };
}
