import * as fc from 'fast-check';
import {
  type AddrEntry,
  type AddressNetwork,
  type AddrV2Entry,
  blockHeaderBytes,
  BlockView,
  encode,
  isMessageType,
  type InventoryType,
  type Message,
  type MessageType,
  type NetAddress,
  type OutPoint,
  type Payloads,
  Transaction,
  TransactionView,
  type TxIn,
  type TxOut,
  type BlockHeader,
  type UnknownMessage,
  type UnknownNetAddress,
  type VersionAddress,
} from '../../src/index.ts';
import { concat } from './bytes.ts';

type Arb<T> = fc.Arbitrary<T>;

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const bytes = (minLength: number, maxLength = minLength): Arb<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const hash = bytes(32);
const latin1 = (minLength: number, maxLength: number): Arb<string> =>
  fc.string({ unit: u8.map((code) => String.fromCharCode(code)), minLength, maxLength });
/** Mostly short, now and then long enough for a length of 3 bytes. */
const blob: Arb<Uint8Array> = fc.oneof(
  { weight: 9, arbitrary: bytes(0, 40) },
  { weight: 1, arbitrary: bytes(250, 300) }
);
const list = <T>(item: Arb<T>, maxLength = 4): Arb<T[]> => fc.array(item, { maxLength });

export const header: Arb<BlockHeader> = fc.record({
  version: i32,
  prevBlockHash: hash,
  merkleRoot: hash,
  time: u32,
  bits: u32,
  nonce: u32,
});

const outPoint: Arb<OutPoint> = fc.record({ txid: hash, index: u32 });
const input: Arb<TxIn> = fc.record({
  prevout: outPoint,
  scriptSig: blob,
  sequence: u32,
  witness: fc.oneof(fc.constant([]), list(blob)),
});
const output: Arb<TxOut> = fc.record({ value: i64, scriptPubKey: blob });

/** Without inputs but with outputs, a transaction has no form that could be read again. */
export const transaction: Arb<Transaction> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      version: u32,
      inputs: fc.array(input, { minLength: 1, maxLength: 4 }),
      outputs: list(output),
      lockTime: u32,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      version: u32,
      inputs: fc.constant([]),
      outputs: fc.constant([]),
      lockTime: u32,
    }),
  }
);

export const block: Arb<BlockView> = fc
  .tuple(header, list(transaction, 5))
  .map(([header, transactions]) => {
    const count = Uint8Array.of(transactions.length);
    const parts = transactions.map((transaction) => encode(Transaction, transaction));
    return BlockView.of(concat([blockHeaderBytes(header), count, ...parts]));
  });

const SIZES: Readonly<Record<AddressNetwork, number>> = {
  ipv4: 4,
  ipv6: 16,
  torv3: 32,
  i2p: 32,
  cjdns: 16,
};
const addressOf = (networks: readonly AddressNetwork[]): Arb<NetAddress> =>
  fc
    .constantFrom(...networks)
    .chain((network) =>
      fc.record({ network: fc.constant(network), bytes: bytes(SIZES[network]), port: u16 })
    );
/** An IPv6 address that starts like this is an IPv4 one to `addr` and `version`. */
const isMapped = ({ bytes }: NetAddress): boolean =>
  bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
const addressV1 = addressOf(['ipv4', 'ipv6']).filter(
  (address) => address.network === 'ipv4' || !isMapped(address)
);
const versionAddress: Arb<VersionAddress> = fc
  .tuple(addressV1, u64)
  .map(([{ network, bytes, port }, services]) => ({ network, bytes, port, services }));
const unknownAddress: Arb<UnknownNetAddress> = fc.record({
  network: fc.constant('unknown'),
  networkId: u8.filter((id) => ![1, 2, 4, 5, 6].includes(id)),
  bytes: bytes(0, 512),
  port: u16,
});
const addrEntry: Arb<AddrEntry> = fc.record({ time: u32, services: u64, address: addressV1 });
const addrV2Entry: Arb<AddrV2Entry> = fc.record({
  time: u32,
  services: fc.oneof(u64, u16.map(BigInt)),
  address: fc.oneof<Arb<NetAddress | UnknownNetAddress>[]>(
    addressOf(['ipv4', 'ipv6', 'torv3', 'i2p', 'cjdns']),
    unknownAddress
  ),
});

const INVENTORY_TYPES: readonly InventoryType[] = [
  'error',
  'tx',
  'block',
  'filtered_block',
  'cmpct_block',
  'wtx',
  'witness_tx',
  'witness_block',
  'filtered_witness_block',
];
/** Numbers of types that have no name. */
const otherType = u32.filter((type) => (type & 0xbfff_ffff) > 5);
const inventory = fc.record({
  inventory: list(
    fc.record({ type: fc.oneof(fc.constantFrom(...INVENTORY_TYPES), otherType), hash }),
    10
  ),
});

const locator = fc.record({ version: u32, locator: list(hash, 10), hashStop: hash });
const empty = fc.constant({});
const ping = fc.record({ nonce: fc.option(u64, { nil: undefined, freq: 10 }) });
const indexes = fc
  .uniqueArray(fc.oneof(u16, fc.integer({ min: 0, max: 10 })), { maxLength: 10 })
  .map((values) => values.toSorted((a, b) => a - b));
const filterRange = fc.record({ filterType: u8, startHeight: u32, stopHash: hash });

const transactionView = transaction.map((value) => TransactionView.from(value));

/** A payload for every type of message. */
export const payloads: { readonly [T in MessageType]: Arb<Payloads[T]> } = {
  version: fc.record({
    version: i32,
    services: u64,
    timestamp: i64,
    receiver: versionAddress,
    sender: versionAddress,
    nonce: u64,
    userAgent: latin1(0, 256),
    startHeight: i32,
    relay: fc.boolean(),
  }),
  verack: empty,
  addr: fc.record({ addresses: list(addrEntry, 6) }),
  addrv2: fc.record({ addresses: list(addrV2Entry, 6) }),
  sendaddrv2: empty,
  inv: inventory,
  getdata: inventory,
  merkleblock: fc.record({
    header,
    transactionCount: u32,
    hashes: list(hash, 8),
    flags: bytes(0, 20),
  }),
  getblocks: locator,
  getheaders: locator,
  tx: fc.record({ transaction: transactionView }),
  headers: fc.record({ headers: list(header, 8) }),
  block: fc.record({ block }),
  getaddr: empty,
  mempool: empty,
  ping,
  pong: ping,
  notfound: inventory,
  filterload: fc.record({ filter: blob, hashFunctions: u32, tweak: u32, flags: u8 }),
  filteradd: fc.record({ data: blob }),
  filterclear: empty,
  sendheaders: empty,
  feefilter: fc.record({ feerate: i64 }),
  sendcmpct: fc.record({ announce: fc.boolean(), version: u64 }),
  cmpctblock: fc.record({
    header,
    nonce: u64,
    shortIds: list(bytes(6), 10),
    prefilled: fc
      .tuple(indexes, fc.array(transactionView, { minLength: 10, maxLength: 10 }))
      .map(([indexes, all]) => indexes.map((index, i) => ({ index, transaction: all[i]! }))),
  }),
  getblocktxn: fc.record({ blockHash: hash, indexes }),
  blocktxn: fc.record({ blockHash: hash, transactions: list(transactionView) }),
  getcfilters: filterRange,
  cfilter: fc.record({ filterType: u8, blockHash: hash, filter: blob }),
  getcfheaders: filterRange,
  cfheaders: fc.record({
    filterType: u8,
    stopHash: hash,
    previousFilterHeader: hash,
    filterHashes: list(hash, 8),
  }),
  getcfcheckpt: fc.record({ filterType: u8, stopHash: hash }),
  cfcheckpt: fc.record({ filterType: u8, stopHash: hash, filterHeaders: list(hash, 8) }),
  wtxidrelay: empty,
  sendtxrcncl: fc.record({ version: u32, salt: u64 }),
  feature: fc.record({ id: latin1(4, 80), data: bytes(0, 512) }),
  reject: fc.record({
    message: latin1(0, 12),
    code: u8,
    reason: latin1(0, 111),
    data: bytes(0, 40),
  }),
  alert: fc.record({ payload: blob, signature: blob }),
};

export const unknownMessage: Arb<UnknownMessage> = fc.record({
  type: fc.constant('unknown'),
  payload: fc.record({
    messageType: fc
      .string({
        unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
        maxLength: 12,
      })
      .filter((type) => !isMessageType(type)),
    bytes: bytes(0, 100),
  }),
});

/** A message of one type. */
export function messageOf(type: MessageType): Arb<Message> {
  return (payloads[type] as Arb<unknown>).map((payload) => ({ type, payload } as Message));
}

/** A message of any type, known or not. */
export const message: Arb<Message> = fc.oneof(
  ...(Object.keys(payloads) as MessageType[]).map(messageOf),
  unknownMessage
);
