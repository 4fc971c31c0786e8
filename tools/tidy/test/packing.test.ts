import { expect, test } from '@jest/globals';
import { checkPacking } from '../src/packing.ts';
import { workspaceOf, type Member } from './fixture.ts';

const BUILT = {
  'src/index.ts': 'export const a: number = 1;\n',
  'dist/index.js': 'export const a = 1;\n',
  'dist/index.d.ts': 'export declare const a: number;\n',
  'dist/tsconfig.tsbuildinfo': '{}',
};
const WIRE: Member = {
  directory: 'packages/wire',
  name: '@btcp2p/wire',
  files: BUILT,
  manifest: {
    repository: { type: 'git', url: 'git+https://github.com/btcp2p/btcp2p.git' },
  },
};
const PRIVATE: Member = {
  directory: 'tools/tidy',
  name: '@btcp2p/tidy',
  manifest: { private: true },
};

async function check(member: Member): Promise<string[]> {
  const findings = await checkPacking(workspaceOf([PRIVATE, member]));
  return findings.map(({ path, rule, message }) => `${path}: ${rule}: ${message}`);
}

test('a package that is fit to publish, and one that is private', async () => {
  expect(await check(WIRE)).toEqual([]);
});

test('one that is not built', async () => {
  expect(await check({ ...WIRE, files: {} })).toEqual([
    'packages/wire/package.json: pack/files: is not built: dist/index.js is missing',
  ]);
});

test('build information, tests, and what has no source any more', async () => {
  const files = { ...BUILT, 'test/a.test.ts': '', 'dist/old.js': 'export const b = 1;\n' };
  const manifest = { ...WIRE.manifest, files: ['dist', 'src', 'test'] };
  expect(await check({ ...WIRE, files, manifest })).toEqual([
    'packages/wire/package.json: pack/files: the tarball has dist/tsconfig.tsbuildinfo',
    'packages/wire/package.json: pack/files: the tarball has test/a.test.ts',
    'packages/wire/package.json: pack/files: dist/old.js has no source any more: remove dist',
  ]);
});

test('exports that name what is not there', async () => {
  const exports = {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './b': { types: './dist/b.d.ts', default: './dist/b.js' },
  };
  const found = await check({ ...WIRE, manifest: { ...WIRE.manifest, exports } });
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/pack\/publint: .*dist\/b\.js/),
      expect.stringMatching(/pack\/attw: .*\(\.\/b, node16-esm\)/),
    ]),
  );
});

test('types of the other module system', async () => {
  const files = { ...BUILT, 'dist/index.d.cts': BUILT['dist/index.d.ts'] };
  const exports = { '.': { types: './dist/index.d.cts', default: './dist/index.js' } };
  const found = await check({ ...WIRE, files, manifest: { ...WIRE.manifest, exports } });
  expect(found).toContainEqual(expect.stringMatching(/pack\/attw: .*CJS/));
});
