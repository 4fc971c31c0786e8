/**
 * A real bitcoind as a peer, for interop tests and benches: started in a directory of its own, spoken
 * to by JSON-RPC, and ended without a trace.
 *
 * @example
 * import { startBitcoind } from '@btcp2p/bitcoind-peer';
 *
 * const core = await startBitcoind(binary, ['-v2transport=0']);
 * await core.rpc('getblockcount');
 * await core.stop();
 *
 * @packageDocumentation
 */
export { startBitcoind } from './bitcoind-peer.ts';
export type { BitcoindPeer } from './bitcoind-peer.ts';
export { callRpc } from './call-rpc.ts';
export type { RpcServer } from './call-rpc.ts';
export { freePort } from './free-port.ts';
