import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll } from '@jest/globals';
import type { Finding } from '../src/finding.ts';
import { readWorkspace, type Workspace } from '../src/workspace.ts';

/** A member of a workspace made up for a test: all is well with it, but for what the test changes. */
export interface Member {
  readonly directory: string;
  readonly name: string;
  readonly dependencies?: readonly string[];
  readonly devDependencies?: readonly string[];
  /** Replaces fields of its package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Its files; `src/index.ts` and README.md are there unless given, and absent where undefined. */
  readonly files?: Readonly<Record<string, string | undefined>>;
}

/** Inside the project, so that Node's types are found; ignored by git. */
const FIXTURES = join(import.meta.dirname, '../out-tsc/fixtures');

const made: string[] = [];
afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true });
});

/** Writes a workspace of these members, and of further files, to disk. */
export function workspaceOf(
  members: readonly Member[],
  files: Readonly<Record<string, string>> = {},
): Workspace {
  mkdirSync(FIXTURES, { recursive: true });
  const root = mkdtempSync(join(FIXTURES, 'workspace-'));
  made.push(root);
  const manifest = {
    name: 'root',
    private: true,
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19' },
    workspaces: ['packages/*', 'apps/*', 'tools/*'],
    scripts: { test: 'true' },
    devDependencies: { '@jest/globals': '30.5.2' },
  };
  writeAll(root, { 'package.json': JSON.stringify(manifest), ...files });
  for (const member of members) writeAll(join(root, member.directory), filesOf(members, member));
  return readWorkspace(root);
}

/** `path:line: rule` of each finding. */
export function places(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, rule }) => `${path}:${line}: ${rule}`);
}

function filesOf(
  members: readonly Member[],
  member: Member,
): Readonly<Record<string, string | undefined>> {
  const { directory, name, dependencies = [], devDependencies = [] } = member;
  const ranges = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((dependency) => [dependency, '^0.0.0']));
  const references = (names: readonly string[]): { path: string }[] =>
    members
      .filter((other) => names.includes(other.name))
      .map((other) => ({ path: relative(directory, other.directory) }));
  const manifest = {
    name,
    version: '0.0.0',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19' },
    exports: {
      '.': {
        '@btcp2p/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
      './package.json': './package.json',
    },
    files: ['dist', 'src', '!dist/*.tsbuildinfo'],
    scripts: { build: 'true', test: 'true' },
    dependencies: ranges(dependencies),
    devDependencies: ranges(devDependencies),
    ...member.manifest,
  };
  const own = references(dependencies);
  const tests = [{ path: './tsconfig.json' }, ...own, ...references(devDependencies)];
  return {
    'package.json': JSON.stringify(manifest, undefined, 2),
    'tsconfig.json': JSON.stringify({ references: own }, undefined, 2),
    'tsconfig.test.json': JSON.stringify({ references: tests }, undefined, 2),
    'README.md': `# ${name}\n`,
    'src/index.ts': dependencies.map((dependency) => `import '${dependency}';\n`).join(''),
    ...member.files,
  };
}

function writeAll(root: string, files: Readonly<Record<string, string | undefined>>): void {
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
