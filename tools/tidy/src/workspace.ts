import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The folders of a project that hold TypeScript. */
export type Folder = 'src' | 'test' | 'bench';

/** A member of the workspace. */
export interface Project {
  /** The name in its package.json; its folder's, should that have none. */
  readonly name: string;
  /** From the root, with forward slashes: `packages/wire`. */
  readonly directory: string;
  readonly kind: 'package' | 'app' | 'tool';
  readonly manifest: Manifest;
  /** The text of its package.json, to find lines in. */
  readonly manifestText: string;
  readonly files: readonly SourceFile[];
}

/** The repository as the checks see it. */
export interface Workspace {
  /** The absolute path of its root. */
  readonly root: string;
  readonly manifest: Manifest;
  /** In the order of the workspace globs, then of the folders' names. */
  readonly projects: readonly Project[];
}

/** A TypeScript file of a project. */
export class SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly folder: Folder;
  readonly text: string;
  #ast: ts.SourceFile | undefined;

  constructor(path: string, folder: Folder, text: string) {
    this.path = path;
    this.folder = folder;
    this.text = text;
  }

  /** The syntax tree, parsed at the first access. Its nodes know their parents. */
  get ast(): ts.SourceFile {
    this.#ast ??= ts.createSourceFile(this.path, this.text, ts.ScriptTarget.Latest, true);
    return this.#ast;
  }

  /** The file's name without its folders. */
  get name(): string {
    return basename(this.path);
  }

  /** The line, counted from 1, that the node begins on (its comments left aside). */
  lineOf(node: ts.Node): number {
    return this.ast.getLineAndCharacterOfPosition(node.getStart(this.ast)).line + 1;
  }
}

/** Reads the workspace whose package.json is in `root`. Throws where a package.json is no JSON. */
export function readWorkspace(root: string): Workspace {
  const manifest = readManifest(root, 'package.json');
  const directories = (manifest.workspaces ?? []).flatMap((glob) => foldersOf(root, glob));
  return { root, manifest, projects: directories.map((directory) => readProject(root, directory)) };
}

/** The member of that name. */
export function projectNamed(workspace: Workspace, name: string): Project | undefined {
  return workspace.projects.find((project) => project.name === name);
}

/** The text of a file of the workspace; undefined if there is none. */
export function readText(workspace: Workspace, path: string): string | undefined {
  const absolute = join(workspace.root, path);
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : undefined;
}

/** Whether npm would publish it. */
export function isPublishable(project: Project): boolean {
  return project.manifest.private !== true;
}

/** Calls `visit` for the node and everything below it, in source order. Comments are not nodes. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function readProject(root: string, directory: string): Project {
  const path = `${directory}/package.json`;
  const manifest = readManifest(root, path);
  return {
    name: manifest.name ?? basename(directory),
    directory,
    kind: kindOf(directory),
    manifest,
    manifestText: readFileSync(join(root, path), 'utf8'),
    files: (['src', 'test', 'bench'] as const).flatMap((folder) =>
      sourcesOf(root, directory, folder),
    ),
  };
}

function kindOf(directory: string): Project['kind'] {
  if (directory.startsWith('tools/')) return 'tool';
  return directory.startsWith('apps/') ? 'app' : 'package';
}

function sourcesOf(root: string, directory: string, folder: Folder): SourceFile[] {
  const absolute = join(root, directory, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => {
      const path = `${directory}/${folder}/${file}`;
      return new SourceFile(path, folder, readFileSync(join(root, path), 'utf8'));
    });
}

function readManifest(root: string, path: string): Manifest {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
}

/** The folders that a workspace glob (`packages/*`, or a plain path) names. */
function foldersOf(root: string, glob: string): string[] {
  if (!glob.endsWith('/*')) return [glob];
  const parent = glob.slice(0, -2);
  if (!existsSync(join(root, parent))) return [];
  return readdirSync(join(root, parent))
    .sort()
    .map((folder) => `${parent}/${folder}`)
    .filter((directory) => existsSync(join(root, directory, 'package.json')));
}
