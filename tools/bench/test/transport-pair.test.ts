import { describe, expect, test } from '@jest/globals';
import { encodeMessage, type Message } from '@btcp2p/wire';
import {
  CHUNK_SIZE, chunksOf, nobleV2, ourV1, ourV2, receiveThrough, sendThrough,
} from '../src/benches/transport-pair.ts';
import { denseBlock } from '../src/dense-block.ts';

describe('a dense block', () => {
  test.each([100_000, 100_225, 1_048_575])('has exactly %i bytes', (size) => {
    const block = denseBlock(size);
    expect(block.size).toBe(size);
    expect(block.transactionCount).toBe(Math.floor((size - 83) / 226) - 1);
    const sizes = Array.from({ length: block.transactionCount }, (_, i) =>
      block.transactionBytes(i).length,
    );
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([226]));
  });
});

describe.each([ourV2, nobleV2, ourV1])('$name', ({ name, connect }) => {
  test('carries messages from the near end to the far one', () => {
    const { near, far } = connect();
    const messages: Message[] = [
      { type: 'block', payload: { block: denseBlock(150_000) } },
      { type: 'ping', payload: { nonce: 7n } },
    ];
    const pieces: Uint8Array[] = [];
    for (const message of messages) sendThrough(near, message, pieces);
    const chunks = chunksOf(pieces);
    expect(chunks.slice(0, -1).every(({ length }) => length === CHUNK_SIZE)).toBe(true);
    expect(chunks.every(({ buffer }) => buffer.byteLength <= CHUNK_SIZE)).toBe(true);
    expect(receiveThrough(far, chunks).map(encodeMessage)).toEqual(messages.map(encodeMessage));
    expect(far.protocol ?? 'v1').toBe(name.endsWith('v1') ? 'v1' : 'v2');
  });
});
