import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { Finding } from './finding.ts';
import { isPublishable, type Project, type Workspace } from './workspace.ts';

/** What `npm pack --json` says of a tarball. */
interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const REQUIRED = ['package.json', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];

/** What must not be in a tarball. */
const UNWANTED = /\.tsbuildinfo$|\.test\.|^(?:test|bench|out-tsc|coverage)\/|jest\.config|tsconfig/;

/** The resolutions that matter to a package of ES modules only: `require` works by Node's own rules. */
const RESOLUTIONS = ['node16-esm', 'bundler'] as const;

/** What npm would publish: the files, the package.json (publint), and the types (attw). */
export async function checkPacking(workspace: Workspace): Promise<Finding[]> {
  const publishable = workspace.projects.filter(isPublishable);
  const built = publishable.filter(({ directory }) =>
    existsSync(join(workspace.root, directory, 'dist/index.js')),
  );
  const findings = publishable
    .filter((project) => !built.includes(project))
    .map((project) => finding(project, 'files', 'is not built: dist/index.js is missing'));
  if (built.length === 0) return findings;
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-pack-'));
  try {
    for (const packed of await pack(workspace, built, directory)) {
      const project = built.find(({ name }) => name === packed.name);
      if (project === undefined) continue;
      const tarball = readFileSync(join(directory, packed.filename));
      const paths = packed.files.map(({ path }) => path);
      findings.push(...checkFiles(project, paths));
      findings.push(...(await runPublint(project, tarball)));
      findings.push(...(await runAttw(project, tarball)));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return findings;
}

async function pack(
  workspace: Workspace,
  projects: readonly Project[],
  directory: string,
): Promise<Packed[]> {
  const { stdout } = await promisify(execFile)(
    'npm',
    [
      'pack',
      '--json',
      '--ignore-scripts',
      `--pack-destination=${directory}`,
      ...projects.map(({ name }) => `--workspace=${name}`),
    ],
    { cwd: workspace.root },
  );
  return JSON.parse(stdout) as Packed[];
}

function checkFiles(project: Project, paths: readonly string[]): Finding[] {
  const missing = REQUIRED.filter((path) => !paths.includes(path));
  // What was compiled from a source that has since gone would still be published.
  const stale = paths.filter((path) => {
    const source = /^dist\/(.*)\.js$/.exec(path)?.[1];
    return source !== undefined && !paths.includes(`src/${source}.ts`);
  });
  return [
    ...missing.map((path) => finding(project, 'files', `the tarball lacks ${path}`)),
    ...paths.filter((path) => UNWANTED.test(path)).map((path) =>
      finding(project, 'files', `the tarball has ${path}`),
    ),
    ...stale.map((path) => finding(project, 'files', `${path} has no source any more: remove dist`)),
  ];
}

async function runPublint(project: Project, tarball: Buffer): Promise<Finding[]> {
  const { messages, pkg } = await publint({ pack: { tarball: toArrayBuffer(tarball) } });
  return messages.map((message) =>
    finding(project, 'publint', formatMessage(message, pkg, { color: false }) ?? message.code),
  );
}

async function runAttw(project: Project, tarball: Buffer): Promise<Finding[]> {
  const content = createPackageFromTarballData(new Uint8Array(toArrayBuffer(tarball)));
  const result = await checkPackage(content, { excludeEntrypoints: ['./package.json'] });
  if (result.types === false) return [finding(project, 'attw', 'has no types')];
  const problems = result.problems.filter((problem) =>
    RESOLUTIONS.some((kind) => problemAffectsResolutionKind(problem, kind, result)),
  );
  return problems.map((problem) => {
    const where = 'entrypoint' in problem ? ` (${problem.entrypoint}, ${problem.resolutionKind})` : '';
    return finding(project, 'attw', problemKindInfo[problem.kind].shortDescription + where);
  });
}

/** A copy in a buffer of its own: a small Buffer is a window into a shared one. */
function toArrayBuffer(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}

function finding(project: Project, rule: string, message: string): Finding {
  return { path: `${project.directory}/package.json`, line: 1, rule: `pack/${rule}`, message };
}
