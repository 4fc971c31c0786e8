import {
  deriveKeys,
  nobleAead,
  nobleEllSwift,
  PacketCipher,
  Session,
  sharedSecret,
  type SessionKeys,
} from '@btcp2p/bip324';
import { fromHex, mainnet, toHex } from '@btcp2p/wire';
import { concat } from './packets.ts';

/** A row of BIP 324's packet_encoding_test_vectors.csv, by its own names; bytes are hex. */
export interface PacketVector {
  readonly in_idx: number;
  readonly in_priv_ours: string;
  readonly in_ellswift_ours: string;
  readonly in_ellswift_theirs: string;
  readonly in_initiating: boolean;
  readonly in_contents: string;
}

/** What a session makes of a row: the columns of the same names. */
export interface PacketVectorResult {
  readonly out_session_id: string;
  readonly out_ciphertext: string;
}

const NOTHING = new Uint8Array(0);

/**
 * A whole session with the row's keys, against a scripted peer. Its packet 0 is the version packet,
 * and packets without contents come before the row's own.
 */
export function runVector(vector: PacketVector): PacketVectorResult {
  const ours = fromHex(vector.in_ellswift_ours);
  const theirs = fromHex(vector.in_ellswift_theirs);
  const session = new Session({
    role: vector.in_initiating ? 'initiator' : 'responder',
    magic: mainnet.magic,
    rng: { bytes: (length) => (length === 32 ? fromHex(vector.in_priv_ours) : new Uint8Array(length)) },
    garbageSize: 0,
    ellSwift: { create: () => ours.slice(), xdh: nobleEllSwift.xdh },
  });
  session.receive(theirs.slice());
  session.receive(versionOfPeer(vector, keysOf(vector, ours, theirs)));
  const event = session.poll();
  if (event?.type !== 'established') throw new Error(`no handshake, but ${event?.type}`);
  for (let i = 1; i < vector.in_idx; i++) session.send(NOTHING);
  takeAll(session);
  session.send(fromHex(vector.in_contents));
  return { out_session_id: toHex(event.sessionId), out_ciphertext: toHex(takeAll(session)) };
}

function keysOf(vector: PacketVector, ours: Uint8Array, theirs: Uint8Array): SessionKeys {
  const sharedX = nobleEllSwift.xdh(fromHex(vector.in_priv_ours), theirs);
  const [initiators, responders] = vector.in_initiating ? [ours, theirs] : [theirs, ours];
  return deriveKeys(sharedSecret(initiators, responders, sharedX), mainnet.magic);
}

/** No garbage, its terminator, and the version packet. */
function versionOfPeer({ in_initiating: isInitiating }: PacketVector, keys: SessionKeys): Uint8Array {
  const cipher = isInitiating
    ? new PacketCipher(keys.responderL, keys.responderP, nobleAead)
    : new PacketCipher(keys.initiatorL, keys.initiatorP, nobleAead);
  const terminator = isInitiating ? keys.responderGarbageTerminator : keys.initiatorGarbageTerminator;
  return concat([terminator, ...cipher.encrypt([NOTHING], NOTHING, false)]);
}

function takeAll(session: Session): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let part = session.pollBytes(); part !== undefined; part = session.pollBytes()) parts.push(part);
  return concat(parts);
}
