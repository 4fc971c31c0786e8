import { nativeSha256d } from '@btcp2p/reactor';
import { RegtestChain } from '@btcp2p/regtest';
import { encodeMessage, payloadSize, type Message } from '@btcp2p/wire';
import type { Case, Contender } from '../bench.ts';
import { digest } from '../digest.ts';
import { collectAllGarbage } from '../garbage.ts';
import { reaches } from '../target.ts';
import { timesItsSize } from '../unit.ts';
import {
  chunksOf, nobleV2, ourV1, ourV2, receiveThrough, sendThrough, type TransportKind,
} from './transport-pair.ts';

/** About the largest payload that there is. */
const PADDING = 3_990_000;

/** What is counted hardly varies. */
const ROUNDS = 5;

/** Memory that the largest messages take on their way through a transport. */
export function memoryCases(): Case[] {
  const [block] = new RegtestChain(nativeSha256d).mine(1, { padding: PADDING });
  const message: Message = { type: 'block', payload: { block: block! } };
  const common = { unit: timesItsSize, rounds: ROUNDS };
  return [
    {
      ...common,
      name: 'memory to send 4 MB',
      ours: memory(ourV2, message, sendingOf),
      rivals: [nobleV2, ourV1].map((kind) => memory(kind, message, sendingOf)),
      method:
        'all memory that is allocated for byte arrays while a `block` of 4 MB is sent, ' +
        'freed or not, to a hundredth of its size. It has one transaction. Once its size is what ' +
        'the cipher makes.',
      targets: [reaches(2, timesItsSize)],
    },
    {
      ...common,
      name: 'memory to receive 4 MB',
      ours: memory(ourV2, message, receivingOf),
      rivals: [nobleV2, ourV1].map((kind) => memory(kind, message, receivingOf)),
      method:
        'the same while such a `block` is received, besides the chunks of 64 KiB that it comes in. ' +
        'Once its size is a copy, since the cipher wants a packet in one piece, and once what the ' +
        'cipher makes. So at the worst, three times the size of a message is in memory.',
      targets: [reaches(2, timesItsSize)],
    },
  ];
}

/** Gets everything ready, and answers what is to be watched: it returns what it made. */
type Preparation = (kind: ReturnType<TransportKind['connect']>, message: Message) => () => unknown;

const sendingOf: Preparation = ({ near }, message) => () => {
  const pieces: Uint8Array[] = [];
  sendThrough(near, message, pieces);
  return pieces;
};

const receivingOf: Preparation = ({ near, far }, message) => {
  const pieces: Uint8Array[] = [];
  sendThrough(near, message, pieces);
  const chunks = chunksOf(pieces);
  // The chunks stay alive: their memory must not be missing afterwards.
  return () => ({ chunks, messages: receiveThrough(far, chunks) });
};

function memory(kind: TransportKind, message: Message, prepare: Preparation): Contender {
  const pair = kind.connect();
  const sample = (): number => {
    const watched = prepare(pair, message);
    collectAllGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const kept = watched();
    const allocated = process.memoryUsage().arrayBuffers - before;
    if (kept === undefined) throw new Error('nothing was made');
    return Math.round((100 * allocated) / payloadSize(message)) / 100;
  };
  return {
    name: kind.name,
    answer() {
      const { near, far } = kind.connect();
      const pieces: Uint8Array[] = [];
      sendThrough(near, message, pieces);
      return digest(receiveThrough(far, chunksOf(pieces)).map(encodeMessage));
    },
    warmUp: () => void sample(),
    sample,
  };
}
