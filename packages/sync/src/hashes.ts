/** Whether two hashes of 32 bytes are the same. Not for secrets: it stops at the first difference. */
export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false;
  return true;
}
