import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PeerId } from '@btcp2p/machine';
import { MessageCapture } from '../src/message-capture.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'btcp2p-capture-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const event = {
  type: 'message', peer: 3 as PeerId, address: '[::1]:8333', messageType: 'ping', payloadSize: 2,
} as const;

test('messages are appended by peer and direction, in the format of Core', () => {
  const capture = new MessageCapture(directory, () => 1_700_000_000_123.5);
  capture.write({ ...event, direction: 'received', payload: Uint8Array.of(1, 2) });
  capture.write({ ...event, direction: 'received', messageType: 'verack', payload: new Uint8Array(0) });
  capture.write({ ...event, direction: 'sent', payload: Uint8Array.of(9) });
  capture.write({ ...event, direction: 'sent' });
  const peer = join(directory, 'message_capture', '[__1]_8333');
  const received = readFileSync(join(peer, 'msgs_recv.dat'));
  const time = '7cf7c1662f0a0600';
  expect(received.readBigUInt64LE()).toBe(1_700_000_000_123_500n);
  expect(received.toString('hex').replaceAll(received.toString('hex', 0, 8), time)).toBe(
    `${time}${'70696e67'.padEnd(24, '0')}020000000102${time}${'76657261636b'.padEnd(24, '0')}00000000`,
  );
  const sent = readFileSync(join(peer, 'msgs_sent.dat'));
  expect(sent.subarray(8).toString('hex')).toBe(`${'70696e67'.padEnd(24, '0')}0100000009`);
});
