import { describe, expect, test } from '@jest/globals';
import { checkCitations, namesSource } from '../src/citations.ts';
import { checkForbidden } from '../src/forbidden.ts';
import { checkStyle } from '../src/style.ts';
import type { Workspace } from '../src/workspace.ts';
import { places, workspaceOf } from './fixture.ts';

/** A workspace with one file, by default of a package without I/O. */
function fileOf(
  code: string,
  path = 'src/a.ts',
  layer: 'wire' | 'reactor' = 'wire',
): Workspace {
  const member = { directory: `packages/${layer}`, name: `@btcp2p/${layer}` };
  return workspaceOf([{ ...member, files: { [path]: code } }]);
}

describe('forbidden names', () => {
  test.each([
    ['a node: import', "import { readFile } from 'node:fs';", 'node:fs'],
    ['a builtin without its prefix', "import type { Socket } from 'net';", 'net'],
    ['Buffer', 'export const f = (a: Uint8Array) => Buffer.from(a);', 'Buffer'],
    ['Buffer as a type', 'export type A = Buffer;', 'Buffer'],
    ['Date', 'export const f = () => Date.now();', 'Date'],
    ['performance', 'export const f = () => performance.now();', 'performance'],
    ['setTimeout', 'setTimeout(() => {}, 1);', 'setTimeout'],
    ['queueMicrotask', 'queueMicrotask(() => {});', 'queueMicrotask'],
    ['console', "console.log('x');", 'console'],
    ['process', "export const a = process.env['A'];", 'process'],
    ['process in a shorthand', 'export const a = { process };', 'process'],
    ['Math.random', 'export const a = Math.random();', 'Math.random'],
    ["Math['random']", "export const a = Math['random']();", 'Math.random'],
    ['Promise as a type', 'export declare function f(): Promise<void>;', 'Promise'],
    ['async', 'export const f = async () => {};', 'async'],
    ['await', 'await f();', 'await'],
    ['globalThis', 'export const a = globalThis;', 'globalThis'],
  ])('%s', (_, code, name) => {
    const findings = checkForbidden(fileOf(`\n${code}\n`));
    expect(places(findings)).toEqual(['packages/wire/src/a.ts:2: forbidden']);
    expect(findings[0]?.message).toContain(`${name} has no place`);
  });

  test('comments, strings, members and tests may have them', () => {
    const code = `
      // Date, setTimeout(), await, Promise
      /** Buffer, Math.random() */
      export const text = 'process Date console';
      export interface A { process(): void; readonly console: number }
      export const a = { performance: 1, Date() {} };
      export const b = a.performance + Math.max(1, 2);
      export const c = \`await \${b} Promise\`;
    `;
    expect(checkForbidden(fileOf(code))).toEqual([]);
    expect(checkForbidden(fileOf('Date.now();', 'test/a.test.ts'))).toEqual([]);
  });

  test('packages that do I/O may use them', () => {
    const code = "import 'node:net';\nawait Date.now();";
    expect(checkForbidden(fileOf(code, 'src/a.ts', 'reactor'))).toEqual([]);
  });
});

describe('style', () => {
  test.each([
    ['an enum', 'enum A { B }', 'syntax'],
    ['a namespace', 'namespace A { const b = 1; }', 'syntax'],
    ['a default export', 'export default 1;', 'syntax'],
    ['a default function', '/** A. */ export default function a() {}', 'syntax'],
    ['a default in a list', '/** A. */\nconst a = 1;\nexport { a as default };', 'syntax'],
    ['inheritance', 'class A extends B {}', 'syntax'],
    ['a re-export', "export { a } from './b.ts';", 're-export'],
    ['a star', "export * from './b.ts';", 're-export'],
    ['an import passed on', "import { a } from './b.ts';\nexport { a };", 're-export'],
    ['a function without docs', 'export function f() {}', 'docs'],
    ['a plain comment', '// A comment.\nexport const a = 1;', 'docs'],
    ['an exported list without docs', 'interface A {}\nexport type { A };', 'docs'],
    ['a long line', `// ${'word '.repeat(25)}`, 'columns'],
  ])('%s', (_, code, rule) => {
    const found = checkStyle(fileOf(code)).map((finding) => finding.rule);
    expect(found).toEqual([`style/${rule}`]);
  });

  test('a file name in camel case', () => {
    expect(places(checkStyle(fileOf('', 'test/aB.test.ts')))).toEqual([
      'packages/wire/test/aB.test.ts:1: style/file-name',
    ]);
  });

  test('what is allowed', () => {
    const code = `
      /** The message. */
      export interface Ping { readonly nonce: bigint }
      export const Ping = { size: 8 };
      /** Why. */
      export class WireError extends Error {}
      /** Two forms. */
      export function f(a: number): void;
      export function f(a: string): void;
      export function f() {}
      interface Wider extends Ping {}
      class Final implements Wider { readonly nonce = 1n; }
      switch (1) { default: }
      const hex = '${'0123456789abcdef'.repeat(10)}';
      declare module 'untyped';
    `;
    expect(checkStyle(fileOf(code))).toEqual([]);
    expect(checkStyle(fileOf("export { a } from './a.ts';", 'src/index.ts'))).toEqual([]);
  });

  test('a subpath of the exports re-exports too', () => {
    const exports = { './b': { '@btcp2p/source': './src/b.ts' } };
    const files = { 'src/b.ts': "export { a } from './a.ts';" };
    const member = { directory: 'packages/wire', name: '@btcp2p/wire', manifest: { exports }, files };
    expect(checkStyle(workspaceOf([member]))).toEqual([]);
  });
});

describe('citations', () => {
  test.each([
    ['a number', '/** The limit. */\nexport const MAX_INV_SIZE = 50_000;'],
    ['a bigint', 'export const COIN = 100_000_000n;'],
    ['a sum', '/** The limit. */\nexport const MAX = 4 * (1_000 + OTHER);'],
    ['a string', "/** The agent. */\nexport const AGENT = '/btcp2p:0.1/';"],
    ['a choice without reason', '/** Our choice: because. */\nexport const MAX = -1 as const;'],
    ['a comment further off', '/** Core. */\nconst a = 1;\nexport const MAX = 1;'],
    ['a source for the file', "/** BIP 152. */\nimport './b.ts';\nexport const MAX = 1;"],
    ['a choice for another', '/** Our choice: it is a b c. */\nconst a = 1;\nexport const MAX = 1;'],
  ])('%s without a source', (_, code) => {
    expect(checkCitations(fileOf(code)).map(({ rule }) => rule)).toEqual(['citation/constant']);
  });

  test.each([
    'Core `MAX_INV_SIZE` (net_processing.h): entries of an inv.',
    'What BIP 152 gives. ',
    'See BIP144.',
    'RFC 6234, section 5.',
    'From contrib/seeds/makeseeds.py.',
    'Our choice: twice what a peer sends at once.',
    'Milliseconds in an hour.',
  ])('%s', (comment) => {
    expect(namesSource(comment)).toBe(true);
    expect(checkCitations(fileOf(`/** ${comment} */\nexport const MAX_SIZE = 1;`))).toEqual([]);
  });

  test.each(["import './b.ts';", '/** Where the version is. */'])(
    'a choice for the whole file, before %s',
    (next) => {
      const code = `/** Our choice: the layout that is read fastest. */\n${next}\n`;
      expect(checkCitations(fileOf(`${code}export const VERSION = 0;`))).toEqual([]);
    },
  );

  test('what needs none: tables, functions, what is not exported, and other layers', () => {
    const code = `
      const LOCAL = 1;
      export const TABLE = { a: 1 };
      export const lower = 1;
      export const MADE = make(1);
    `;
    expect(checkCitations(fileOf(code))).toEqual([]);
    expect(checkCitations(fileOf('export const A = 1;', 'src/a.ts', 'reactor'))).toEqual([]);
  });

  const hex = '0123456789abcdef'.repeat(4);
  test.each([
    ['alone', `const a = '${hex}';`],
    ['within a template', `const a = \`${hex}\${1}\`;`],
    ['as a number', `const a = 0x${hex}n;`],
    ['in a test that names none', `test('a hash', () => expect(a).toBe('${hex}'));`],
    ['after a source further up', `// BIP 340\nconst b = 1;\nconst c = 2;\nconst a = '${hex}';`],
  ])('a test vector %s', (_, code) => {
    const findings = checkCitations(fileOf(`const first = 1;\n${code}`, 'test/a.test.ts'));
    expect(findings.map(({ rule }) => rule)).toEqual(['citation/vector']);
  });

  test.each([
    ['a source for the file', `// Vectors of BIP 340.\nimport 'x';\nconst a = '${hex}';`],
    ['a source before it', `const first = 1;\n// BIP 340, vector 1.\nconst a = ['${hex}'];`],
    ['a source behind it', `const first = 1;\nconst a = '${hex}'; // BIP 340`],
    ['a source in a test name', `const a = 1;\ntest('BIP 340', () => f({ a: '${hex}' }));`],
    ['filling', `const a = '${'00'.repeat(32)}';`],
    ['a shorter one', `const a = '${hex.slice(1)}';`],
  ])('a test vector with %s', (_, code) => {
    expect(checkCitations(fileOf(code, 'test/a.test.ts'))).toEqual([]);
  });
});
