import { describe, expect, test } from '@jest/globals';
import { memoryOf } from '@btcp2p/testdata';
import type { Aead, Session } from '../src/index.ts';
import { concat } from './support/bytes.ts';
import { bytesOf, eventsOf, pair, session } from './support/sessions.ts';

/** Ciphertext is plaintext: it is not the work of the AEAD that is measured. */
const free: Aead = {
  seal: (_key, _nonce, _aad, parts) => [...parts, new Uint8Array(16)],
  open: (_key, _nonce, _aad, sealed) => sealed.subarray(0, -16),
};

/** Three established sessions, one for each measurement, and the packet that each is to be sent. */
function prepared(size: number): { responder: Session; packet: Uint8Array }[] {
  return [1, 2, 3].map(() => {
    const { initiator, responder } = pair({ aead: free });
    initiator.send(new Uint8Array(size));
    return { responder, packet: bytesOf(initiator) };
  });
}

describe('memory', () => {
  test('an announced 4 MB, and 3 bytes of them: next to nothing', () => {
    const all = prepared(4_000_000);
    const used = memoryOf(() => {
      const { responder, packet } = all.pop()!;
      responder.receive(packet.slice(0, 6));
      expect(responder.bufferedBytes).toBe(6);
      return responder;
    });
    expect(used.buffers).toBeLessThan(300_000);
    expect(used.heap).toBeLessThan(300_000);
  });

  test.each([
    [1, 300_000],
    [100, 1_000_000],
    [20_000, 1_000_000],
    [65_536, 1_000_000],
  ])('in chunks of %i bytes, %i bytes of 4 MB: at most twice that', (size, total) => {
    const all = prepared(4_000_000);
    const used = memoryOf(() => {
      const { responder, packet } = all.pop()!;
      for (let at = 0; at < total; at += size) responder.receive(packet.slice(at, at + size));
      return responder;
    });
    expect(used.buffers + used.heap).toBeLessThan(2 * total);
  });

  test('300 KB that wait for a key in chunks of one byte: at most twice that', () => {
    const used = memoryOf(() => {
      const waiting = session('initiator', { deferWork: true });
      for (let at = 0; at < 300_000; at++) waiting.receive(Uint8Array.of(1));
      expect(waiting.bufferedBytes).toBe(300_000);
      return waiting;
    });
    expect(used.buffers + used.heap).toBeLessThan(600_000);
  });

  test('parts of a packet that waits for keys are not copied', () => {
    const part = new Uint8Array(4_000_000);
    const used = memoryOf(() => {
      const waiting = session('initiator', { deferWork: true });
      waiting.send([part, part]);
      return waiting;
    });
    expect(used.buffers + used.heap).toBeLessThan(300_000);
  });

  test('the pieces of a large packet are those that the AEAD made', () => {
    const { initiator, responder } = pair({ aead: free });
    const part = new Uint8Array(4_000_000);
    initiator.send(part);
    const pieces = [];
    for (let bytes = initiator.pollBytes(); bytes !== undefined; bytes = initiator.pollBytes()) {
      pieces.push(bytes);
    }
    expect(pieces.some((piece) => piece === part)).toBe(true);
    responder.receive(concat(pieces));
    expect(eventsOf(responder)[0]?.length).toBe('packet '.length + 8_000_000);
  });

  test('an established session that is idle', () => {
    // Many, since the engine has work of its own that a single one would be charged with.
    const count = 20;
    const used = memoryOf(() => Array.from({ length: count }, () => pair()));
    expect((used.buffers + used.heap) / (2 * count)).toBeLessThan(40_000);
  });
});
