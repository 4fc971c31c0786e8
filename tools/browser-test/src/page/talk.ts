/** What both kinds of ends have in common. */
export interface End {
  receive(bytes: Uint8Array): void;
  takeBytes(): Uint8Array;
}

/** Passes bytes between two ends in chunks of at most `size`, until neither has any. */
export function talk(a: End, b: End, size: number): void {
  for (;;) {
    const toB = a.takeBytes();
    const toA = b.takeBytes();
    if (toA.length + toB.length === 0) return;
    passOn(toB, b, size);
    passOn(toA, a, size);
  }
}

function passOn(bytes: Uint8Array, to: End, size: number): void {
  for (let i = 0; i < bytes.length; i += size) to.receive(bytes.slice(i, i + size));
}
