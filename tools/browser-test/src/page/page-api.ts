import type { SessionRole } from '@btcp2p/bip324';
import { BlockView, fromHex, hashToHex, type Message } from '@btcp2p/wire';
import { overStreams, type StreamsReport } from './over-streams.ts';
import { packetsOf, type Packet } from './packets.ts';
import { PeerEnd, type PeerReport } from './peer-end.ts';
import { SessionEnd, type SessionReport } from './session-end.ts';
import { talk } from './talk.ts';
import { runVector, type PacketVector, type PacketVectorResult } from './vector.ts';

/** The ends that the page holds of connections to another process. */
let ends: { readonly session: SessionEnd; readonly peer: PeerEnd } | undefined;

/** Both ends of a connection. */
export interface Pair<Report> {
  readonly initiator: Report;
  readonly responder: Report;
}

/** What a page can be asked to do. */
export const pageApi = {
  /** Two sessions: both sides send `count` packets, some before there are keys. */
  twoSessions: (count: number, chunk: number): Pair<SessionReport> => {
    const [initiator, responder] = [new SessionEnd('initiator'), new SessionEnd('responder')];
    for (const packets of [packetsOf(count).slice(0, 3), packetsOf(count).slice(3)]) {
      initiator.send(packets);
      responder.send(packets);
      talk(initiator, responder, chunk);
    }
    return { initiator: initiator.report(), responder: responder.report() };
  },

  /** Two peers over `V2Transport`: the initiator sends messages after the handshake. */
  twoPeers: (messages: readonly Message[]): Pair<PeerReport> => {
    const [initiator, responder] = [new PeerEnd('initiator', '/a/'), new PeerEnd('responder', '/b/')];
    talk(initiator, responder, 1_000);
    for (const message of messages) initiator.send(message);
    talk(initiator, responder, 1_000);
    return { initiator: initiator.report(), responder: responder.report() };
  },

  overStreams: (count: number, size: number): Promise<StreamsReport> => overStreams(count, size),

  runVector: (vector: PacketVector): PacketVectorResult => runVector(vector),

  /** Decodes a block, and gives its hash, in the order for people. */
  blockHash: (hex: string): string => hashToHex(BlockView.of(fromHex(hex)).hash()),

  /** Makes the ends that the functions below are about. */
  makeEnds: (role: SessionRole): void => {
    ends = { session: new SessionEnd(role), peer: new PeerEnd(role, '/page/') };
  },

  /** Bytes from the other end of a connection. Returns those for it. */
  pass: (to: 'session' | 'peer', bytes: Uint8Array): Uint8Array => {
    const end = made()[to];
    end.receive(bytes);
    return end.takeBytes();
  },

  sendPackets: (packets: readonly Packet[]): void => made().session.send(packets),
  sendMessage: (message: Message): void => made().peer.send(message),
  sessionReport: (): SessionReport => made().session.report(),
  peerReport: (): PeerReport => made().peer.report(),
};

function made(): { readonly session: SessionEnd; readonly peer: PeerEnd } {
  if (ends === undefined) throw new Error('makeEnds comes first');
  return ends;
}
