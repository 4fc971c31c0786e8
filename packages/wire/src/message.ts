import type { Codec } from './codec.ts';
import { Inventory } from './inventory.ts';
import { Addr } from './messages/addr.ts';
import { AddrV2 } from './messages/addrv2.ts';
import { Alert } from './messages/alert.ts';
import {
  CFCheckpt,
  CFHeaders,
  CFilter,
  GetCFCheckpt,
  GetCFHeaders,
  GetCFilters,
} from './messages/block-filters.ts';
import { Block } from './messages/block.ts';
import { BlockTxn } from './messages/block-txn.ts';
import { CmpctBlock } from './messages/cmpct-block.ts';
import { Empty } from './messages/empty.ts';
import { Feature } from './messages/feature.ts';
import { FeeFilter } from './messages/fee-filter.ts';
import { FilterAdd } from './messages/filter-add.ts';
import { FilterLoad } from './messages/filter-load.ts';
import { GetBlockTxn } from './messages/get-block-txn.ts';
import { GetBlocks, GetHeaders } from './messages/get-headers.ts';
import { Headers } from './messages/headers.ts';
import { MerkleBlock } from './messages/merkle-block.ts';
import { Ping, Pong } from './messages/ping.ts';
import { Reject } from './messages/reject.ts';
import { SendCmpct } from './messages/send-cmpct.ts';
import { SendTxRcncl } from './messages/send-tx-rcncl.ts';
import { Tx } from './messages/tx.ts';
import { Version } from './messages/version.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** What each message carries. */
export interface Payloads {
  version: Version;
  verack: Empty;
  addr: Addr;
  addrv2: AddrV2;
  sendaddrv2: Empty;
  inv: Inventory;
  getdata: Inventory;
  merkleblock: MerkleBlock;
  getblocks: GetBlocks;
  getheaders: GetHeaders;
  tx: Tx;
  headers: Headers;
  block: Block;
  getaddr: Empty;
  mempool: Empty;
  ping: Ping;
  pong: Pong;
  notfound: Inventory;
  filterload: FilterLoad;
  filteradd: FilterAdd;
  filterclear: Empty;
  sendheaders: Empty;
  feefilter: FeeFilter;
  sendcmpct: SendCmpct;
  cmpctblock: CmpctBlock;
  getblocktxn: GetBlockTxn;
  blocktxn: BlockTxn;
  getcfilters: GetCFilters;
  cfilter: CFilter;
  getcfheaders: GetCFHeaders;
  cfheaders: CFHeaders;
  getcfcheckpt: GetCFCheckpt;
  cfcheckpt: CFCheckpt;
  wtxidrelay: Empty;
  sendtxrcncl: SendTxRcncl;
  feature: Feature;
  reject: Reject;
  alert: Alert;
}

/** The types of message known here, as on the wire. */
export type MessageType = keyof Payloads;

/** A message of a type that is not known here. */
export interface UnknownMessage {
  readonly type: 'unknown';
  readonly payload: {
    /** As on the wire, at most 12 characters. */
    readonly messageType: string;
    readonly bytes: Uint8Array;
  };
}

/** Any message: `type` tells which `payload` it has. */
export type Message =
  | { [T in MessageType]: { readonly type: T; readonly payload: Payloads[T] } }[MessageType]
  | UnknownMessage;

/** The message of one type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>;

/** The facts of a message type. */
export interface MessageFacts<T> {
  readonly codec: Codec<T>;
  /** Its one-byte id in the v2 transport (BIP 324 §"Application layer specification"), if any. */
  readonly shortId?: number;
}

/** Every message that Core knows (`NetMsgType`, protocol.h), `feature` (BIP 434), and old ones. */
export const messages: { readonly [T in MessageType]: MessageFacts<Payloads[T]> } = {
  version: { codec: Version },
  verack: { codec: Empty },
  addr: { codec: Addr, shortId: 1 },
  addrv2: { codec: AddrV2, shortId: 28 },
  sendaddrv2: { codec: Empty },
  inv: { codec: Inventory, shortId: 14 },
  getdata: { codec: Inventory, shortId: 11 },
  merkleblock: { codec: MerkleBlock, shortId: 16 },
  getblocks: { codec: GetBlocks, shortId: 9 },
  getheaders: { codec: GetHeaders, shortId: 12 },
  tx: { codec: Tx, shortId: 21 },
  headers: { codec: Headers, shortId: 13 },
  block: { codec: Block, shortId: 2 },
  getaddr: { codec: Empty },
  mempool: { codec: Empty, shortId: 15 },
  ping: { codec: Ping, shortId: 18 },
  pong: { codec: Pong, shortId: 19 },
  notfound: { codec: Inventory, shortId: 17 },
  filterload: { codec: FilterLoad, shortId: 8 },
  filteradd: { codec: FilterAdd, shortId: 6 },
  filterclear: { codec: Empty, shortId: 7 },
  sendheaders: { codec: Empty },
  feefilter: { codec: FeeFilter, shortId: 5 },
  sendcmpct: { codec: SendCmpct, shortId: 20 },
  cmpctblock: { codec: CmpctBlock, shortId: 4 },
  getblocktxn: { codec: GetBlockTxn, shortId: 10 },
  blocktxn: { codec: BlockTxn, shortId: 3 },
  getcfilters: { codec: GetCFilters, shortId: 22 },
  cfilter: { codec: CFilter, shortId: 23 },
  getcfheaders: { codec: GetCFHeaders, shortId: 24 },
  cfheaders: { codec: CFHeaders, shortId: 25 },
  getcfcheckpt: { codec: GetCFCheckpt, shortId: 26 },
  cfcheckpt: { codec: CFCheckpt, shortId: 27 },
  wtxidrelay: { codec: Empty },
  sendtxrcncl: { codec: SendTxRcncl },
  feature: { codec: Feature, shortId: 37 },
  reject: { codec: Reject },
  alert: { codec: Alert },
};

/** Whether a type is one of {@link messages}. */
export function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(messages, type);
}

/** The type of a message on the wire. */
export function messageTypeOf(message: Message): string {
  return message.type === 'unknown' ? message.payload.messageType : message.type;
}

/** Bytes of a message's payload. */
export function payloadSize(message: Message): number {
  return message.type === 'unknown' ? message.payload.bytes.length : codecOf(message).size(message.payload);
}

/** Writes a message's payload. */
export function writePayload(writer: Writer, message: Message): void {
  if (message.type === 'unknown') writer.bytes(message.payload.bytes);
  else codecOf(message).write(writer, message.payload);
}

/** A message's payload, in a fresh array. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = new Uint8Array(payloadSize(message));
  const writer = new Writer(bytes);
  writePayload(writer, message);
  if (writer.offset !== bytes.length) throw new Error('a codec wrote less than its size');
  return bytes;
}

/**
 * The message with this type and payload. Byte arrays in it are views of `payload`. Bytes after
 * what a message needs are ignored, as Core ignores them, so that messages can grow.
 *
 * @throws DecodeError
 */
export function decodeMessage(type: string, payload: Uint8Array): Message {
  const reader = new Reader(payload);
  if (!isMessageType(type)) {
    return { type: 'unknown', payload: { messageType: type, bytes: reader.bytes(payload.length) } };
  }
  return { type, payload: messages[type].codec.read(reader) } as Message;
}

/** The codec that goes with a message: the table has them by the same key as the union. */
function codecOf(message: Exclude<Message, UnknownMessage>): Codec<unknown> {
  return messages[message.type].codec as Codec<unknown>;
}
