/** Bytes of a message type on the wire, padded with zeros (Core `MESSAGE_TYPE_SIZE`). */
export const MESSAGE_TYPE_SIZE = 12;

/** @throws RangeError if a type is not at most 12 characters of printable ASCII */
export function assertMessageType(type: string): void {
  if (!/^[\x20-\x7e]{0,12}$/.test(type)) throw new RangeError(`not a message type: ${type}`);
}

/** Writes a type into 12 bytes that are zero. */
export function writeMessageType(bytes: Uint8Array, offset: number, type: string): void {
  for (let i = 0; i < type.length; i++) bytes[offset + i] = type.charCodeAt(i);
}
