import type { UnixTime } from '@btcp2p/machine';
import { isMessageType } from '@btcp2p/wire';

/** Where bytes of unknown messages are counted (Core `NET_MESSAGE_TYPE_OTHER`, net.h). */
export const NET_MESSAGE_TYPE_OTHER = '*other*';

/** What passed over a connection in one direction. */
export class Traffic {
  readonly #byType = new Map<string, number>();
  #bytes = 0;
  #lastAt: UnixTime = 0;

  /** All bytes, also those of no message. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When bytes passed last, 0 if never. */
  get lastAt(): UnixTime {
    return this.#lastAt;
  }

  /** Counts bytes as they pass. */
  addBytes(bytes: number, now: UnixTime): void {
    this.#bytes += bytes;
    this.#lastAt = now;
  }

  /**
   * Counts the bytes of a message, framing included, under its type, or as
   * {@link NET_MESSAGE_TYPE_OTHER}: peers can make up types, but not fill our memory with them.
   */
  addMessage(messageType: string, bytes: number): void {
    const key = isCounted(messageType) ? messageType : NET_MESSAGE_TYPE_OTHER;
    this.#byType.set(key, (this.#byType.get(key) ?? 0) + bytes);
  }

  /** The bytes of messages by type, in the order of Core's RPC: by character. */
  byType(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#byType].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Core's list of types (`ALL_NET_MESSAGE_TYPES`, protocol.h) no longer has these two. */
function isCounted(messageType: string): boolean {
  return isMessageType(messageType) && messageType !== 'alert' && messageType !== 'reject';
}
