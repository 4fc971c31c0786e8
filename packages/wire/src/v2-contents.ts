import { encodeMessage, messages, messageTypeOf, type Message, type MessageType } from './message.ts';
import { assertMessageType, MESSAGE_TYPE_SIZE, writeMessageType } from './message-type.ts';

// Contents of the v2 transport's packets (BIP 324 §"Application layer specification"): one byte,
// a type's short id, or a zero and the type in 12 bytes; then the payload.

const LONG_TYPE_SIZE = 1 + MESSAGE_TYPE_SIZE;

/** Types by short id, as the table of messages has them. */
const TYPES: readonly (MessageType | undefined)[] = /* @__PURE__ */ typesByShortId();

function typesByShortId(): (MessageType | undefined)[] {
  const types: (MessageType | undefined)[] = [];
  for (const type of Object.keys(messages) as MessageType[]) {
    const { shortId } = messages[type];
    if (shortId !== undefined) types[shortId] = type;
  }
  return types;
}

/** The type with a short id, 1 to 255; undefined for ids that mean nothing. */
export function messageTypeOfShortId(shortId: number): MessageType | undefined {
  return TYPES[shortId];
}

/**
 * The contents of a message's packet in two parts: its type, 1 or 13 bytes, and its payload. The
 * payload of a `block` is the block's own bytes, not a copy. Neither part may be written to.
 *
 * @throws RangeError if its type is not at most 12 characters of printable ASCII, or a value does
 * not fit into its field
 */
export function v2Contents(message: Message): [type: Uint8Array, payload: Uint8Array] {
  const type = message.type === 'unknown' ? longType(messageTypeOf(message)) : ENCODED[message.type];
  return [type, message.type === 'block' ? message.payload.block.bytes : encodeMessage(message)];
}

/**
 * What the contents of a packet say: the type, and the payload as a view. Undefined if the type
 * cannot be read: its short id is unknown, or it is cut off, or not padded with zeros. As Core does
 * (net.cpp, `V2Transport::GetMessageType`), 0x7f may be part of a type here.
 */
export function parseV2Contents(
  contents: Uint8Array,
): { readonly messageType: string; readonly payload: Uint8Array } | undefined {
  if (contents.length === 0) return undefined;
  if (contents[0] !== 0) {
    const messageType = TYPES[contents[0]!];
    return messageType === undefined ? undefined : { messageType, payload: contents.subarray(1) };
  }
  if (contents.length < LONG_TYPE_SIZE) return undefined;
  let messageType = '';
  let hasEnded = false;
  for (let i = 1; i < LONG_TYPE_SIZE; i++) {
    const byte = contents[i]!;
    if (byte === 0) hasEnded = true;
    else if (hasEnded || byte < 0x20 || byte > 0x7f) return undefined;
    else messageType += String.fromCharCode(byte);
  }
  return { messageType, payload: contents.subarray(LONG_TYPE_SIZE) };
}

function longType(type: string): Uint8Array {
  assertMessageType(type);
  const bytes = new Uint8Array(LONG_TYPE_SIZE);
  writeMessageType(bytes, 1, type);
  return bytes;
}

/** Every known type as packets begin with it. */
const ENCODED: Readonly<Record<MessageType, Uint8Array>> = /* @__PURE__ */ encodedTypes();

function encodedTypes(): Readonly<Record<MessageType, Uint8Array>> {
  const types = Object.keys(messages) as MessageType[];
  const encoded = types.map((type) => {
    const { shortId } = messages[type];
    return [type, shortId === undefined ? longType(type) : Uint8Array.of(shortId)] as const;
  });
  return Object.fromEntries(encoded) as Record<MessageType, Uint8Array>;
}
