import type { Target } from '../target.ts';
import { aeadTarget } from './aead.ts';
import { ellswiftTarget } from './ellswift.ts';
import { peerTarget } from './peer.ts';
import { sessionTarget } from './session.ts';
import { transportTarget } from './transport.ts';

/** All there is to be fuzzed. */
export const targets: readonly Target[] = [
  sessionTarget(),
  transportTarget,
  aeadTarget(),
  ellswiftTarget('ellswift'),
  ellswiftTarget('ellswift-wasm', 'secp256k1/bindings.js'),
  peerTarget,
];
