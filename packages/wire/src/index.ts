/**
 * Bitcoin's wire format: messages, transactions, blocks, addresses and v1 framing, as bytes and
 * back.
 *
 * @example
 * import { V1Transport, mainnet } from '@btcp2p/wire';
 *
 * const transport = new V1Transport({ magic: mainnet.magic });
 * transport.send({ type: 'ping', payload: { nonce: 1n } });
 * const bytes = transport.pollBytes(); // 32 bytes for the socket
 *
 * @packageDocumentation
 */
export { DecodeError } from './decode-error.ts';
export type { DecodeErrorCode } from './decode-error.ts';
export * from './limits.ts';
export { Reader } from './reader.ts';
export { compactSizeSize, varBytesSize, Writer } from './writer.ts';
export {
  array, bool, bytes, decode, encode, hash32, i32, i64, struct, u16, u32, u64, u8, varBytes, varString,
} from './codec.ts';
export type { ArrayLimits, Codec } from './codec.ts';
export { equalHashes, fromHex, hashFromHex, hashToHex, toHex } from './hex.ts';
export { sha256d } from './sha256d.ts';
export type { Sha256d } from './sha256d.ts';
export { BLOCK_HEADER_SIZE, BlockHeader, blockHash, blockHeaderBytes } from './block-header.ts';
export {
  hasWitness, strippedBytes, strippedSize, Transaction, txid, weight, wtxid,
} from './transaction.ts';
export type { OutPoint, TxIn, TxOut } from './transaction.ts';
export { TransactionView } from './transaction-view.ts';
export { BlockView } from './block-view.ts';
export { ServiceFlags, serviceNames } from './service-flags.ts';
export { mainnet, networks, regtest, signet, testnet3, testnet4 } from './network.ts';
export type { Chain, Network } from './network.ts';
export {
  Inventory, INVENTORY_VECTOR_SIZE, InventoryVector, MSG_WITNESS_FLAG,
} from './inventory.ts';
export type { InventoryType } from './inventory.ts';
export { isAddrV1Compatible, NetAddress, NetAddressV1, networkId } from './net-address.ts';
export type { AddressNetwork, UnknownNetAddress } from './net-address.ts';
export { formatAddress, formatHost, parseAddress, splitHostPort } from './address-text.ts';
export {
  decodeMessage, encodeMessage, isMessageType, messages, messageTypeOf, payloadSize, writePayload,
} from './message.ts';
export type {
  Message, MessageFacts, MessageOf, MessageType, Payloads, UnknownMessage,
} from './message.ts';
export { MESSAGE_TYPE_SIZE } from './message-type.ts';
export { decodeEvent } from './transport-event.ts';
export type { TransportEvent } from './transport-event.ts';
export { V1_HEADER_SIZE, v1Frame, V1Transport } from './v1-transport.ts';
export type { V1TransportOptions } from './v1-transport.ts';
export { messageTypeOfShortId, parseV2Contents, v2Contents } from './v2-contents.ts';
export { Addr } from './messages/addr.ts';
export type { AddrEntry } from './messages/addr.ts';
export { AddrV2 } from './messages/addrv2.ts';
export type { AddrV2Entry } from './messages/addrv2.ts';
export { Alert } from './messages/alert.ts';
export { Block } from './messages/block.ts';
export {
  CFCheckpt, CFHeaders, CFilter, GetCFCheckpt, GetCFHeaders, GetCFilters,
} from './messages/block-filters.ts';
export { BlockTxn } from './messages/block-txn.ts';
export { CmpctBlock, SHORT_ID_SIZE } from './messages/cmpct-block.ts';
export type { PrefilledTransaction } from './messages/cmpct-block.ts';
export { MAX_BLOCK_TRANSACTIONS } from './messages/differential-indexes.ts';
export { Empty } from './messages/empty.ts';
export {
  Feature, MAX_FEATURE_DATA_LENGTH, MAX_FEATURE_ID_LENGTH, MIN_FEATURE_ID_LENGTH,
} from './messages/feature.ts';
export { FeeFilter } from './messages/fee-filter.ts';
export { FilterAdd } from './messages/filter-add.ts';
export { FilterLoad } from './messages/filter-load.ts';
export { GetBlockTxn } from './messages/get-block-txn.ts';
export { GetBlocks, GetHeaders } from './messages/get-headers.ts';
export { Headers } from './messages/headers.ts';
export { MerkleBlock } from './messages/merkle-block.ts';
export { Ping, Pong } from './messages/ping.ts';
export { Reject } from './messages/reject.ts';
export { SendCmpct } from './messages/send-cmpct.ts';
export { SendTxRcncl } from './messages/send-tx-rcncl.ts';
export { Tx } from './messages/tx.ts';
export { unspecifiedAddress, Version } from './messages/version.ts';
export type { VersionAddress } from './messages/version.ts';
