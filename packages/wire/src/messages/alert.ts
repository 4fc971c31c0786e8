// alert (gone from Core since 0.13): payload: CompactSize, bytes | signature: CompactSize, bytes
import { struct, varBytes, type Codec } from '../codec.ts';

/** `alert` was a signed message from the developers. Read, so that old peers are understood. */
export interface Alert {
  /** The serialised alert, which is what was signed. */
  readonly payload: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
}

export const Alert: Codec<Alert> = struct<Alert>({ payload: varBytes(), signature: varBytes() });
