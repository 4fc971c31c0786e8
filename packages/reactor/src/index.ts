/**
 * Bitcoin P2P on Node.js: connections to peers, and a driver for machines such as a whole node.
 *
 * @example
 * import { connect } from '@btcp2p/reactor';
 * import { mainnet } from '@btcp2p/wire';
 *
 * const peer = await connect('203.0.113.7:8333', { network: mainnet, userAgent: '/example:0.1/' });
 * peer.send({ type: 'getaddr', payload: {} });
 * for await (const message of peer.messages()) if (message.type === 'addr') break;
 * await peer.close();
 *
 * @packageDocumentation
 */
export { connect } from './connect.ts';
export type { ConnectOptions } from './connect.ts';
export { listen } from './listen.ts';
export type { ListenOptions, PeerListener } from './listen.ts';
export { ConnectError } from './connect-error.ts';
export type { ConnectErrorCode } from './connect-error.ts';
export { MAX_SEND_BUFFER_BYTES } from './peer-connection.ts';
export type { Closed, PeerConnection } from './peer-connection.ts';
export { DEFAULT_USER_AGENT } from './peer-network.ts';
export type { PeerConnectionOptions, PeerNotice } from './peer-network.ts';
export type { CloseReason, PeerNoticeCode } from './peer-host.ts';
export { MAX_WAITING_BYTES } from './message-queue.ts';
export { DEFAULT_CONNECT_TIMEOUT, DEFAULT_GRACE, Reactor } from './reactor.ts';
export type { ReactorAddress, ReactorOptions } from './reactor.ts';
export { systemTime } from './system-time.ts';
export { secureRng } from './secure-rng.ts';
export { nativeAead } from './native-aead.ts';
export { DEFAULT_KEYS_AHEAD, KeyWorker } from './key-worker.ts';
export type { KeyWorkerOptions } from './key-worker.ts';
export type { TimedKeyWorkResult } from './key-worker-job.ts';
export { nativeEllSwift, nativeSecp256k1, secp256k1Source } from './native-secp256k1.ts';
export type { Secp256k1Source } from './native-secp256k1.ts';
export { wasmSecp256k1 } from './secp256k1-wasm.ts';
export { nativeSha256d } from './native-sha256d.ts';
export { nativeScriptHashes } from './native-script-hashes.ts';
export { nativeVerifier } from './native-verifier.ts';
export type { NativeVerifier, VerifierSource } from './native-verifier.ts';
export { AddonGate } from './addon-gate.ts';
export { ScriptCheckPool } from './script-check-pool.ts';
export type { ScriptCheckFailure, ScriptCheckPoolOptions } from './script-check-pool.ts';
export { wasmVerifier } from './wasm-verifier.ts';
