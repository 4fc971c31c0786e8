import type { KeyValueChange } from '@btcp2p/chainstate';

/** Stands for the length of a value that is not there. */
const REMOVED = 0xffff_ffff;

/** Changes in shared memory, one after the other: two lengths of 32 bits, key, value. */
export function encodeChanges(batch: Iterable<KeyValueChange>): Uint8Array {
  const changes = [...batch];
  let size = 0;
  for (const { key, value } of changes) size += 8 + key.length + (value?.length ?? 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { key, value } of changes) {
    view.setUint32(at, key.length);
    view.setUint32(at + 4, value?.length ?? REMOVED);
    bytes.set(key, at + 8);
    at += 8 + key.length;
    if (value === undefined) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

/** The changes again, as views of a copy of those bytes. */
export function decodeChanges(encoded: Uint8Array): KeyValueChange[] {
  const bytes = encoded.slice();
  const view = new DataView(bytes.buffer);
  const changes: KeyValueChange[] = [];
  for (let at = 0; at < bytes.length;) {
    const keyEnd = at + 8 + view.getUint32(at);
    const size = view.getUint32(at + 4);
    const end = keyEnd + (size === REMOVED ? 0 : size);
    changes.push({
      key: bytes.subarray(at + 8, keyEnd),
      value: size === REMOVED ? undefined : bytes.subarray(keyEnd, end),
    });
    at = end;
  }
  return changes;
}
