import { describe, expect, test } from '@jest/globals';
import { bundle } from '../src/index.ts';

/** What the packages that browsers can use are built to, and what they depend on. */
const ALLOWED = /^(packages\/(bip324|machine|peer|wire)\/dist|node_modules\/@noble\/(ciphers|curves|hashes))\//;

describe('bundled for browsers', () => {
  test.each(['@btcp2p/bip324', '@btcp2p/wire', '@btcp2p/peer'])('%s has all that it needs', async (name) => {
    const all = await bundle(`export * from '${name}'`);
    process.stdout.write(`${name}: ${kB(all.size)} minified, ${kB(all.gzippedSize)} gzipped\n`);
    expect(all.inputs.filter((input) => !ALLOWED.test(input))).toEqual([]);
    expect(all.inputs).toContain(`packages/${name.replace('@btcp2p/', '')}/dist/index.js`);
    // Nothing is left to be found at run time, or only in Node.
    expect(all.code).not.toMatch(/(?<![.#\w$])(Buffer\b|__dirname\b|process\.|require\b)/);
    expect(all.code).not.toMatch(/\bimport\s*[("'{*]|\bfrom\s*["']/);
  });

  test('a part of a package leaves the rest out', async () => {
    const [part, all] = await Promise.all([
      bundle("export { FsChaCha20 } from '@btcp2p/bip324'"),
      bundle("export * from '@btcp2p/bip324'"),
    ]);
    expect(part.code).toContain('export{');
    expect(part.size).toBeLessThan(all.size / 3);
  });

  test.each([
    ['node:fs', "import { readFileSync } from 'node:fs'; readFileSync('/');"],
    ['crypto', "import { createHash } from 'crypto'; createHash('sha256');"],
    ['node:net', "export * from '@btcp2p/reactor'"],
  ])('what reaches %s is refused', async (builtin, source) => {
    await expect(bundle(source)).rejects.toThrow(`Could not resolve "${builtin}"`);
  });
});

function kB(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
