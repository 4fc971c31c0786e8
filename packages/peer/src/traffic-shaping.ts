import type { Rng } from '@btcp2p/machine';

/**
 * How to hide what passes over an encrypted connection from those who see only its bytes (BIP 324
 * §"Traffic shape obfuscation"). Nothing is hidden unless asked for, as in Core.
 *
 * Whoever has one policy for all connections should have it draw: what is the same everywhere tells
 * our connections from others.
 */
export interface TrafficShaping {
  /** Bytes of garbage in our half of a handshake, 0 to 4,095. By default any number of them. */
  garbageSize?(rng: Rng): number;
  /**
   * The next decoy: milliseconds until it goes out, and bytes of its contents, which take 20 more
   * on the wire. Asked for when the connection is established and after each decoy; undefined ends
   * them.
   */
  nextDecoy?(rng: Rng): { readonly delay: number; readonly size: number } | undefined;
}
