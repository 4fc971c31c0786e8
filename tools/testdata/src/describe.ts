import { bitcoind, dataDirectory, expectedDataDirectory } from './data-directory.ts';

/** The part of jest's `describe` and `test` that is used here. */
interface Block {
  (name: string, body: () => void): void;
  skip(name: string, body: () => void): void;
}

/**
 * A `describe` that needs the real data. Without it, `body` is not called (so it may read data at
 * its top level), and one skipped test says which directory was looked for.
 */
export function describeWithData(name: string, body: () => void): void {
  const reason = `no data at ${expectedDataDirectory()} (set BTCP2P_DATA)`;
  describeIf(dataDirectory() !== undefined, name, reason, body);
}

/**
 * A `describe` that needs Bitcoin Core: `body` gets the path of the binary that `BITCOIND` names.
 * Without one, `body` is not called, and one skipped test says so.
 */
export function describeWithBitcoind(name: string, body: (bitcoind: string) => void): void {
  const binary = bitcoind();
  const named = process.env['BITCOIND'];
  const reason = named ? `no bitcoind at ${named}` : 'no bitcoind (set BITCOIND to the binary)';
  describeIf(binary !== undefined, name, reason, () => body(binary ?? ''));
}

function describeIf(found: boolean, name: string, reason: string, body: () => void): void {
  if (found) return jest('describe')(name, body);
  jest('describe').skip(`${name} [skipped: ${reason}]`, () => {
    // An empty suite is an error to jest; one skipped test also makes the gap show in the counts.
    jest('test').skip(`skipped: ${reason}`, () => {});
  });
}

/**
 * jest's own function of that name. Taken from the globals, and only when a test asks: importing
 * `@jest/globals` throws outside jest, and benchmarks read the data through this package too.
 */
function jest(name: 'describe' | 'test'): Block {
  const block = (globalThis as Partial<Record<'describe' | 'test', Block>>)[name];
  if (block === undefined) throw new Error(`${name} is not there: this runs only under jest`);
  return block;
}
