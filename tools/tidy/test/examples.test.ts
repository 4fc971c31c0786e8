import { describe, expect, test } from '@jest/globals';
import { checkExamples, extractExamples, type ExampleOptions } from '../src/examples.ts';
import { workspaceOf } from './fixture.ts';

const fence = (code: string, before = ''): string => `${before}\n\`\`\`ts\n${code}\n\`\`\`\n`;

/** The built package that the examples import, as npm would install it. */
const PACKAGE = {
  'node_modules/@btcp2p/wire/package.json': JSON.stringify({
    name: '@btcp2p/wire',
    type: 'module',
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
  }),
  'node_modules/@btcp2p/wire/index.d.ts': 'export declare const answer: number;\n',
  'node_modules/@btcp2p/wire/index.js': 'export const answer = 42;\n',
};

async function check(readme: string, options?: ExampleOptions): Promise<string[]> {
  const workspace = workspaceOf([], { 'README.md': readme, ...PACKAGE });
  const findings = await checkExamples(workspace, options);
  return findings.map(({ path, line, rule, message }) => `${path}:${line}: ${rule}: ${message}`);
}

describe('extraction', () => {
  test('blocks, their lines and their comments', () => {
    const text = [
      '```ts', 'a', 'b', '```',
      '<!-- example: skip needs a network -->', '', '```ts', 'c', '```',
      '```js', 'd', '```',
      '<!-- example: peer -->', 'Some text: the comment is not before the block any more.',
      '```typescript', 'e', '```',
    ].join('\n');
    expect(extractExamples('README.md', text)).toEqual({
      examples: [
        { path: 'README.md', line: 2, code: 'a\nb', mode: 'run' },
        { path: 'README.md', line: 8, code: 'c', mode: 'skip' },
        { path: 'README.md', line: 16, code: 'e', mode: 'run' },
      ],
      findings: [],
    });
  });

  test.each([
    ['<!-- example: skip -->', 'a', 'say why'],
    ['<!-- example: later -->', 'a', 'unknown: example: later'],
    ['<!-- example: peer -->', 'a', 'connects to 127.0.0.1:18444'],
  ])('%s', (comment, code, message) => {
    const { findings } = extractExamples('README.md', fence(code, comment));
    expect(findings).toEqual([
      expect.objectContaining({ rule: 'example/directive', message: expect.stringContaining(message) }),
    ]);
  });
});

describe('compiling and running', () => {
  test('examples that work', async () => {
    const good = [
      "import { answer } from '@btcp2p/wire';",
      "import assert from 'node:assert/strict';",
      'const sum: number = await Promise.resolve(answer + 1);',
      'assert.equal(sum, 43);',
    ].join('\n');
    expect(await check(fence(good) + fence('interface A { readonly b: 1 }'))).toEqual([]);
  });

  test('one that does not compile, or whose import is not there, at the line of the README', async () => {
    const wrong = "import { answer } from '@btcp2p/wire';\nconst a: string = answer;";
    const missing = "import { other } from '@btcp2p/missing';\nother();";
    expect(await check(fence(wrong) + fence(missing, '<!-- example: skip REASON -->'))).toEqual([
      expect.stringMatching(/^README\.md:4: example\/types: TS2322: .*not assignable/),
      expect.stringMatching(/^README\.md:8: example\/types: TS2307: Cannot find module/),
    ]);
  });

  test('one that throws, with its output', async () => {
    const findings = await check(fence("console.log('begun');\n\nthrow new Error('broken');"));
    expect(findings).toEqual([expect.stringMatching(/^README\.md:3: example\/run: exited with 1\n/)]);
    expect(findings[0]).toContain('    begun\n');
    expect(findings[0]).toContain('Error: broken');
  });

  test('one that does not end', async () => {
    expect(await check(fence('setInterval(() => {}, 1_000);'), { timeout: 500 })).toEqual([
      expect.stringContaining('did not end within 0.5 s'),
    ]);
  });

  test('one that is skipped is not run', async () => {
    const code = "throw new Error('run');";
    expect(await check(fence(code, '<!-- example: skip it throws -->'))).toEqual([]);
  });
});

describe('a peer', () => {
  const example = fence(
    "if ('127.0.0.1:18444' !== '127.0.0.1:' + '5') throw new Error('not replaced');",
    '<!-- example: peer -->',
  );

  test('is started before the example, and closed after it, whatever happens', async () => {
    const events: string[] = [];
    const loadStartPeer = async () => async () => {
      events.push('start');
      return {
        address: '127.0.0.1:5',
        close: async () => {
          events.push('close');
        },
      };
    };
    expect(await check(example, { loadStartPeer })).toEqual([]);
    const failing = example.replace("+ '5'", "+ '6'");
    expect(await check(failing, { loadStartPeer })).toEqual([
      expect.stringContaining('not replaced'),
    ]);
    expect(events).toEqual(['start', 'close', 'start', 'close']);
  });

  test('that is not to be had is said', async () => {
    expect(await check(example, { loadStartPeer: async () => undefined })).toEqual([
      expect.stringContaining('@btcp2p/replay-peer has no export startPeer'),
    ]);
  });
});

test('npm scripts that do not exist', async () => {
  const text = 'Run `npm test` and `npm run missing`, or npm start.\nThen `npm install`.\n';
  expect(await check(text)).toEqual([
    'README.md:1: example/script: package.json has no script missing',
    'README.md:1: example/script: package.json has no script start',
  ]);
});
