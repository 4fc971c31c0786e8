import { createRequire } from 'node:module';

/**
 * Makes a file of an optional package fail to load in this thread, as if it were not installed. It
 * has to be hidden before it is first asked for.
 *
 * @param file such as `secp256k1/bindings.js`
 */
export function hidePackage(file: string): void {
  const require = createRequire(import.meta.url);
  let path: string;
  try {
    path = require.resolve(file);
  } catch {
    // It is not installed.
    return;
  }
  require.cache[path] = {
    get exports(): never {
      throw new Error(`${file} is hidden`);
    },
  } as unknown as NodeJS.Module;
}
