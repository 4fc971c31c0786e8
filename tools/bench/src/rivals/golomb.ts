import { loadGolomb, type Golomb } from '@btcp2p/bcoin-peer';

/** golomb, loaded into this process; where it cannot be had, a phrase that says why. */
export function tryGolomb(): Golomb | string {
  try {
    return loadGolomb();
  } catch (error) {
    return `golomb (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
  }
}
