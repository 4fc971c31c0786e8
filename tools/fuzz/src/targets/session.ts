import { type Aead, nobleAead } from '@btcp2p/bip324';
import { nativeAead } from '@btcp2p/reactor';
import { concat, firstDifference } from '../bytes.ts';
import { chunksOf } from '../chunks.ts';
import type { FuzzCase } from '../fuzz-case.ts';
import { keyPool } from '../keys.ts';
import { arrayBufferBytes, checkMemory } from '../memory.ts';
import { mutate } from '../mutate.ts';
import type { Recording } from '../recording.ts';
import { v1Start } from '../reference-receiver.ts';
import type { Target } from '../target.ts';
import { SessionTalk } from './session-talk.ts';
import { recordingOf, type Setting, settingOf } from './session-setting.ts';

/**
 * A session against a peer whose stream was tampered with.
 *
 * @param aeads which of them a session may have
 */
export function sessionTarget(aeads: readonly Aead[] = [nativeAead, nativeAead, nobleAead]): Target {
  return {
    name: 'session',
    what: 'Session against a peer whose stream was tampered with',
    run: (test) => runSession(test, aeads),
  };
}

function runSession(test: FuzzCase, aeads: readonly Aead[]): void {
  const { draw } = test;
  const setting = settingOf(draw, aeads);
  const recording = recordingOf(draw, setting);
  const stream = tamperedStream(test, setting, recording);
  const intact = firstDifference(stream, recording.stream);
  test.note(`${setting.role}, work ${setting.work}, packets of at most ${setting.max} bytes`);
  test.note(`of ${recording.stream.length} bytes ${intact} come as they were, ${stream.length} in all`);

  const before = draw.oneIn(2) ? arrayBufferBytes() : Infinity;
  const talk = new SessionTalk(test, setting);
  for (const chunk of chunksOf(draw, stream)) talk.hear(chunk);
  talk.finishWork();
  talk.checkHeard(stream, intact);
  talk.checkSaid(intact >= Math.min(64, talk.heardBytes));
  // The fuzzer itself makes some copies of a stream. What a length can announce is far above it.
  const allowed = 10 * (stream.length + recording.stream.length + talk.saidBytes) + 500_000;
  checkMemory(before, allowed, `after a stream of ${stream.length} bytes`);
  if (draw.oneIn(6)) talk.drown();
  talk.end();
}

/** What comes of a recording on the way. Once in five it is the recording. */
function tamperedStream(test: FuzzCase, setting: Setting, recording: Recording): Uint8Array {
  const { draw } = test;
  let { stream } = recording;
  if (draw.oneIn(5)) return stream;
  if (draw.oneIn(12)) {
    const magic = draw.oneIn(2) ? setting.magic : draw.bytes(4);
    const start = v1Start(magic, draw.pick(['version', 'version', 'reject', 'verack', '']));
    const size = draw.pick([16, 16, 15, draw.below(16)]);
    const rest = draw.oneIn(4) ? 0 : stream.length;
    stream = concat([start.subarray(0, size), stream.subarray(draw.below(20), rest)]);
    test.note('it begins as v1 does');
    if (draw.oneIn(2)) return stream;
  }
  // What the same peer said in another connection, in which our key was another.
  const otherKey = draw.pick(keyPool().filter((key) => key !== setting.ours));
  const other = draw.oneIn(8) ? recordingOf(draw, setting, otherKey).stream : stream;
  for (let times = draw.pick([1, 1, 1, 2, 3]); times > 0; times--) {
    const { bytes, what } = mutate(draw, stream, recording.marks, other);
    test.note(what);
    stream = bytes;
  }
  return stream;
}
