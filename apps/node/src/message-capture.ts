import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeEvent } from '@btcp2p/node';

/** Bytes of a message's type, and of what stands before its payload: time 8, type 12, size 4. */
const MESSAGE_TYPE_SIZE = 12;
const HEADER_SIZE = 8 + MESSAGE_TYPE_SIZE + 4;

/**
 * Writes every message that passes into files (`-capturemessages`), as Core's
 * contrib/message-capture reads them (net.cpp, `CaptureMessageToFile`): for each peer
 * `message_capture/<address>/msgs_recv.dat` and `msgs_sent.dat`, with `_` in place of colons.
 *
 * A message is its time in microseconds since 1970, its type padded with zeros, the size of its
 * payload, all little-endian, and the payload.
 */
export class MessageCapture {
  readonly #directory: string;
  readonly #milliseconds: () => number;

  /**
   * @param directory of the chain
   * @param milliseconds the time since 1970
   */
  constructor(directory: string, milliseconds: () => number) {
    this.#directory = join(directory, 'message_capture');
    this.#milliseconds = milliseconds;
  }

  /**
   * Writes a message. One without a payload, which the node was not asked for, is passed over.
   *
   * @throws what the system says, if that cannot be written
   */
  write({ direction, address, messageType, payload }: Extract<NodeEvent, { type: 'message' }>): void {
    if (payload === undefined) return;
    const header = Buffer.alloc(HEADER_SIZE);
    header.writeBigUInt64LE(BigInt(Math.floor(this.#milliseconds() * 1_000)), 0);
    header.write(messageType.slice(0, MESSAGE_TYPE_SIZE), 8, 'latin1');
    header.writeUInt32LE(payload.length, 8 + MESSAGE_TYPE_SIZE);
    const directory = join(this.#directory, address.replaceAll(':', '_'));
    mkdirSync(directory, { recursive: true });
    const file = join(directory, direction === 'received' ? 'msgs_recv.dat' : 'msgs_sent.dat');
    appendFileSync(file, Buffer.concat([header, payload]));
  }
}
