import { describe, expect, test } from '@jest/globals';
import { checkLayers, LAYERS, TOOLS, layerOf } from '../src/layers.ts';
import { checkManifests } from '../src/manifest.ts';
import { places, workspaceOf, type Member } from './fixture.ts';

const MACHINE: Member = { directory: 'packages/machine', name: '@btcp2p/machine' };
const WIRE: Member = { directory: 'packages/wire', name: '@btcp2p/wire' };
const TESTDATA: Member = { directory: 'tools/testdata', name: '@btcp2p/testdata' };
const PEER: Member = {
  directory: 'packages/peer',
  name: '@btcp2p/peer',
  dependencies: ['@btcp2p/machine', '@btcp2p/wire'],
  devDependencies: ['@btcp2p/testdata'],
};

/** What the check says of a workspace in which one member is changed. */
function findings(...changed: Member[]): string[] {
  const names = changed.map(({ name }) => name);
  const others = [MACHINE, WIRE, TESTDATA, PEER].filter(({ name }) => !names.includes(name));
  return checkLayers(workspaceOf([...others, ...changed])).map(
    ({ path, line, rule, message }) => `${path}:${line}: ${rule}: ${message}`,
  );
}

describe('layers', () => {
  test('a workspace that keeps to them', () => {
    expect(findings()).toEqual([]);
  });

  test('every name is in one place', () => {
    const names = [...LAYERS.flat(), ...TOOLS];
    expect(new Set(names).size).toBe(names.length);
    expect([layerOf('@btcp2p/wire'), layerOf('@btcp2p/node'), layerOf('@btcp2p/tidy')]).toEqual([
      0,
      3,
      undefined,
    ]);
  });

  test('an unknown package', () => {
    expect(findings({ directory: 'packages/utils', name: '@btcp2p/utils' })).toEqual([
      'packages/utils/package.json:2: layers/unknown: @btcp2p/utils is not in the table of layers ' +
        '(tools/tidy/src/layers.ts)',
    ]);
    expect(findings({ directory: 'tools/utils', name: '@btcp2p/utils' })).toHaveLength(1);
    expect(findings({ ...WIRE, devDependencies: ['@btcp2p/utils'] })).toEqual([
      expect.stringContaining('layers/unknown: @btcp2p/utils'),
    ]);
  });

  test('an import from the same layer, or a later one', () => {
    const same = findings({ ...MACHINE, dependencies: ['@btcp2p/wire'] });
    expect(same).toEqual([
      'packages/machine/package.json:27: layers/order: @btcp2p/machine (layer 0) must not import ' +
        '@btcp2p/wire (layer 0)',
      'packages/machine/src/index.ts:1: layers/order: @btcp2p/machine (layer 0) must not import ' +
        '@btcp2p/wire (layer 0)',
    ]);
    // Undeclared, the import is still seen.
    const files = { 'src/index.ts': "\nexport type { X } from '@btcp2p/node/ports';\n" };
    expect(findings({ ...WIRE, files })).toEqual([
      expect.stringMatching('packages/wire/src/index.ts:2: layers/order: .*wire.*layer 3'),
    ]);
  });

  test('a tool in the sources, and what must go through a port', () => {
    expect(findings({ ...WIRE, dependencies: ['@btcp2p/testdata'] })).toEqual([
      expect.stringContaining('is a tool: only tests may import it'),
      expect.stringContaining('is a tool: only tests may import it'),
    ]);
    const chainstate = { directory: 'packages/chainstate', name: '@btcp2p/chainstate' };
    const node = {
      directory: 'packages/node',
      name: '@btcp2p/node',
      dependencies: ['@btcp2p/chainstate'],
    };
    expect(findings(chainstate, node)).toEqual([
      expect.stringContaining('must reach @btcp2p/chainstate through a port'),
      expect.stringContaining('must reach @btcp2p/chainstate through a port'),
    ]);
  });

  test('a circle through the tests', () => {
    expect(findings({ ...TESTDATA, dependencies: ['@btcp2p/peer'] })).toEqual([
      expect.stringContaining(
        'layers/cycle: @btcp2p/peer -> @btcp2p/testdata -> @btcp2p/peer',
      ),
    ]);
  });
});

describe('declarations', () => {
  test.each([
    ['an import', "import { a } from '@btcp2p/machine';"],
    ['a re-export', "export * from '@btcp2p/machine';"],
    ['a dynamic import', "export const load = () => import('@btcp2p/machine');"],
    ['an import type', "export type A = import('@btcp2p/machine').A;"],
  ])('%s of what is no dependency', (_, code) => {
    expect(findings({ ...PEER, dependencies: ['@btcp2p/wire'], files: {
      'src/index.ts': `import '@btcp2p/wire';\n${code}\n`,
    } })).toEqual([
      'packages/peer/src/index.ts:2: layers/undeclared: @btcp2p/machine is not in the dependencies ' +
        'of packages/peer/package.json',
    ]);
  });

  test('comments and strings are no imports', () => {
    const code = "// import 'a';\n/* export * from 'b'; */\nexport const text = \"import 'c';\";\n";
    expect(findings({ ...MACHINE, files: { 'src/index.ts': code } })).toEqual([]);
  });

  test('tests import devDependencies, of their own or of the root; sources do not', () => {
    const code = "import '@jest/globals';\nimport '@btcp2p/testdata';\nimport '../src/a.ts';\n";
    const files = { 'test/a.test.ts': code, 'src/a.ts': '' };
    const devDependencies = ['@btcp2p/testdata'];
    expect(findings({ ...WIRE, devDependencies, files })).toEqual([]);
    expect(findings({ ...WIRE, files })).toEqual([
      expect.stringContaining('test/a.test.ts:2: layers/undeclared: @btcp2p/testdata'),
    ]);
    expect(findings({ ...WIRE, devDependencies, files: { 'src/a.ts': code } })).toEqual([
      expect.stringContaining('src/a.ts:1: layers/undeclared: @jest/globals'),
      expect.stringContaining('src/a.ts:2: layers/order: @btcp2p/testdata is a tool'),
    ]);
  });

  test('a dependency that nothing imports', () => {
    expect(findings({ ...PEER, files: { 'src/index.ts': "import '@btcp2p/wire';" } })).toEqual([
      expect.stringMatching('package.json:27: layers/unused: @btcp2p/machine'),
    ]);
  });

  test('a path out of the package, and the package by its own name', () => {
    const code = "import '../../machine/src/a.ts';\nimport '@btcp2p/wire';\n";
    expect(findings({ ...WIRE, files: { 'src/a.ts': code } })).toEqual([
      expect.stringContaining('src/a.ts:1: layers/path: ../../machine/src/a.ts leaves the package'),
      expect.stringContaining('src/a.ts:2: layers/self'),
    ]);
  });

  test('tsconfig references', () => {
    const references = [{ path: '../wire' }, { path: '../../tools/testdata/tsconfig.json' }];
    const files = { 'tsconfig.json': JSON.stringify({ references }, undefined, 1) };
    expect(findings({ ...PEER, files })).toEqual([
      'packages/peer/tsconfig.json:2: layers/references: the reference to packages/machine is missing',
      'packages/peer/tsconfig.json:7: layers/references: ../../tools/testdata/tsconfig.json is ' +
        'referred to, but is no dependency',
    ]);
    expect(findings({ ...PEER, files: { 'tsconfig.test.json': '{}' } })).toHaveLength(4);
    expect(findings({ ...PEER, files: { 'tsconfig.test.json': undefined } })).toEqual([
      expect.stringContaining('tsconfig.test.json is missing'),
    ]);
  });
});

describe('package.json', () => {
  const messages = (member: Member): string[] =>
    checkManifests(workspaceOf([member])).map(({ message }) => message);

  test('one that has all', () => {
    expect(checkManifests(workspaceOf([MACHINE, PEER]))).toEqual([]);
  });

  test.each([
    ['license', { license: 'ISC' }],
    ['engines.node', { engines: {} }],
    ['type module', { type: 'commonjs' }],
    ['no script test', { scripts: { build: 'true' } }],
    ['no exports', { exports: { './package.json': './package.json' } }],
    ['conditions', { exports: { '.': './dist/index.js' } }],
    ['in place of', { exports: { '.': { types: './a.d.ts', default: './a.js' } } }],
    ['4 dependencies of others', { dependencies: { a: '1', b: '1', c: '1', d: '1' } }],
  ])('%s', (message, manifest) => {
    expect(messages({ ...WIRE, manifest })).toEqual([expect.stringContaining(message)]);
  });

  test('a missing README', () => {
    const workspace = workspaceOf([{ ...WIRE, files: { 'README.md': undefined } }]);
    expect(places(checkManifests(workspace))).toEqual(['packages/wire/README.md:1: manifest']);
  });
});
