import { SeededRng } from '@btcp2p/machine';
import { encodeMessage, type Message } from '@btcp2p/wire';
import type { Bench, Case, Contender, Plan } from '../bench.ts';
import { denseBlock } from '../dense-block.ts';
import { digest } from '../digest.ts';
import { benchBitcoin, coreBench } from '../rivals/core-bench.ts';
import { atLeast, reaches } from '../target.ts';
import { timed } from '../timed.ts';
import { megabytesPerSecond, microsecondsEach, type Unit } from '../unit.ts';
import { memoryCases } from './memory-cases.ts';
import {
  chunksOf, nobleV2, ourV1, ourV2, receiveThrough, sendThrough, type TransportKind,
} from './transport-pair.ts';

/** Contents of a packet as large as what Core's bench encrypts: a byte of type, and the block. */
const LARGE = 1_048_576;

/** And as small: 13 bytes of type, and 51 of payload. */
const SMALL = 64;

/** The encrypted transport. */
export const v2transport: Bench = {
  name: 'v2transport',
  about:
    'The encrypted transport (BIP 324), whole: `V2Transport` of @btcp2p/peer with `nativeAead` of ' +
    '@btcp2p/reactor, both ends in one process, the handshake done before. Core\'s bench is of its ' +
    'cipher alone, over and over in the same memory; `noble only` is our transport without ' +
    '`nativeAead`, `v1` that of version 1, whose checksums OpenSSL computes.',
  prepare,
};

/** Messages of one size. */
interface Sample {
  readonly name: string;
  readonly message: Message;
  /** Messages of an iteration. */
  readonly count: number;
  readonly unit: Unit;
  readonly coreName: string;
  /** What the messages are: the start of a sentence. */
  readonly what: string;
  readonly target: Case['targets'];
}

function prepare(): Plan {
  const core = benchBitcoin();
  const absent = core === undefined ? ['Bitcoin Core (set BENCH_BITCOIN)'] : [];
  function* cases(): Generator<Case> {
    for (const sample of [large(), small()]) {
      yield sendCase(sample, core);
      yield receiveCase(sample, core);
    }
    yield* memoryCases();
  }
  return { cases: cases(), absent };
}

function large(): Sample {
  const coreName = 'FSCHACHA20POLY1305_1MB';
  return {
    name: '1 MiB messages',
    message: { type: 'block', payload: { block: denseBlock(LARGE - 1) } },
    count: 1,
    unit: megabytesPerSecond(LARGE),
    coreName,
    what: 'a `block` of 1,048,575 bytes, payments of 226 bytes each, and a byte of type',
    target: [atLeast(2, `Core ${coreName}`)],
  };
}

function small(): Sample {
  const bytes = new SeededRng(1n).bytes(SMALL - 13);
  const unit = microsecondsEach('message', 1_000);
  return {
    name: '64-byte messages',
    message: { type: 'unknown', payload: { messageType: 'btcp2pbench', bytes } },
    count: 1_000,
    unit,
    coreName: 'FSCHACHA20POLY1305_64BYTES',
    what: 'a thousand messages of a type without short id: 13 bytes of type, and 51 of payload',
    target: [reaches(5, unit)],
  };
}

function sendCase(sample: Sample, core: string | undefined): Case {
  return {
    name: `send ${sample.name}`,
    unit: sample.unit,
    ours: sending(ourV2, sample),
    rivals: [...coreRival(sample, core), sending(nobleV2, sample), sending(ourV1, sample)],
    method:
      `from the object of a message to its bytes on the wire, in fresh memory: ${sample.what}. ` +
      'Ours encodes, frames and encrypts. Core\'s bench encrypts as many bytes.',
    ...(sample.target && { targets: sample.target }),
  };
}

function receiveCase(sample: Sample, core: string | undefined): Case {
  return {
    name: `receive ${sample.name}`,
    unit: sample.unit,
    ours: receiving(ourV2, sample),
    rivals: [...coreRival(sample, core), receiving(nobleV2, sample), receiving(ourV1, sample)],
    method:
      `from the bytes of a stream, 64 KiB at a time, to the object of a message: ${sample.what}. ` +
      'Ours finds the packets, checks and decrypts them, and decodes what is in them (of a block ' +
      'it checks the structure). Core has no bench for decrypting: its figure is that for ' +
      'encrypting.',
    ...(sample.target && { targets: sample.target }),
  };
}

function coreRival({ coreName, count }: Sample, core: string | undefined): Contender[] {
  if (core === undefined) return [];
  const one = coreBench(core, `Core ${coreName}`, coreName);
  return [{ ...one, sample: async () => count * (await one.sample()) }];
}

function sending({ name, connect }: TransportKind, { message, count }: Sample): Contender {
  const { near, far } = connect();
  return timed({
    name,
    run: () => sendAll(near, message, count),
    answer: (pieces) => digest(receiveThrough(far, chunksOf(pieces)).map(encodeMessage)),
  });
}

function receiving({ name, connect }: TransportKind, { message, count }: Sample): Contender {
  const { near, far } = connect();
  return timed({
    name,
    prepare: () => chunksOf(sendAll(near, message, count)),
    run: (chunks) => receiveThrough(far, chunks),
    answer: (messages) => digest(messages.map(encodeMessage)),
  });
}

function sendAll(
  transport: Parameters<typeof sendThrough>[0],
  message: Message,
  count: number,
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < count; i++) sendThrough(transport, message, pieces);
  return pieces;
}
