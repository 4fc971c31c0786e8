import type { JsonOutput } from './json-value.ts';

// Core `RPCErrorCode` (rpc/protocol.h). Those of wallets are left out: there is none here.

/** The request is not a JSON-RPC request. HTTP 400. */
export const RPC_INVALID_REQUEST = -32600;
/** HTTP 404. */
export const RPC_METHOD_NOT_FOUND = -32601;
/** What JSON-RPC 2.0 has for wrong parameters; Core does not use it. */
export const RPC_INVALID_PARAMS = -32602;
/** Something is wrong with the node itself, its data for example. */
export const RPC_INTERNAL_ERROR = -32603;
/** The request is not JSON. */
export const RPC_PARSE_ERROR = -32700;

/** What has no code of its own; also the help that a wrong number of parameters gets. */
export const RPC_MISC_ERROR = -1;
/** A parameter has the wrong JSON type. */
export const RPC_TYPE_ERROR = -3;
/** There is no such thing: an address, a transaction, a block. */
export const RPC_INVALID_ADDRESS_OR_KEY = -5;
/** There is not enough memory for what is asked. */
export const RPC_OUT_OF_MEMORY = -7;
/** A parameter is missing, given twice, or has a value that it cannot have. */
export const RPC_INVALID_PARAMETER = -8;
/** Stored data cannot be read or written. */
export const RPC_DATABASE_ERROR = -20;
/** Raw bytes do not decode. */
export const RPC_DESERIALIZATION_ERROR = -22;
/** A submitted transaction or block fails. */
export const RPC_VERIFY_ERROR = -25;
/** A submitted transaction or block is against the rules. */
export const RPC_VERIFY_REJECTED = -26;
/** A submitted transaction is in the chain, with coins not yet spent. */
export const RPC_VERIFY_ALREADY_IN_UTXO_SET = -27;
/** The node is still starting. */
export const RPC_IN_WARMUP = -28;
/** The method, or this way to call it, is only there if an option says so. */
export const RPC_METHOD_DEPRECATED = -32;
/** Core's older name of it. */
export const RPC_TRANSACTION_ERROR = RPC_VERIFY_ERROR;
/** Core's older name of it. */
export const RPC_TRANSACTION_REJECTED = RPC_VERIFY_REJECTED;

/** The node has no connections, or is about to end. */
export const RPC_CLIENT_NOT_CONNECTED = -9;
/** The node is still downloading old blocks. */
export const RPC_CLIENT_IN_INITIAL_DOWNLOAD = -10;
/** `addnode` was called with this node before. */
export const RPC_CLIENT_NODE_ALREADY_ADDED = -23;
/** `addnode` was not called with this node. */
export const RPC_CLIENT_NODE_NOT_ADDED = -24;
/** There is no connection to this node. */
export const RPC_CLIENT_NODE_NOT_CONNECTED = -29;
/** Text is no address and no subnet. */
export const RPC_CLIENT_INVALID_IP_OR_SUBNET = -30;
/** The node does not speak to peers at all. */
export const RPC_CLIENT_P2P_DISABLED = -31;
/** The node has no mempool. */
export const RPC_CLIENT_MEMPOOL_DISABLED = -33;
/** There are as many connections of this kind as there may be. */
export const RPC_CLIENT_NODE_CAPACITY_REACHED = -34;

/** What a method refuses with: a code and a sentence for the client. */
export class RpcError extends Error {
  readonly code: number;

  /** @param code one of the `RPC_…` constants */
  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RpcError';
    this.code = code;
  }

  /** The `error` member of a reply. */
  toJson(): JsonOutput {
    return { code: this.code, message: this.message };
  }
}
