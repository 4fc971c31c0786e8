import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';
import { lineOf, type Finding } from './finding.ts';
import { readText, walk, type Project, type SourceFile, type Workspace } from './workspace.ts';

/**
 * The layers of the design, from the innermost. A package imports only from layers before its own.
 * Packages that are planned but not written yet are named too, so that their place is settled.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['@btcp2p/machine', '@btcp2p/wire', '@btcp2p/bip324'],
  [
    '@btcp2p/bip152',
    '@btcp2p/bip158',
    '@btcp2p/consensus',
    '@btcp2p/script',
    '@btcp2p/addrman',
  ],
  ['@btcp2p/peer', '@btcp2p/sync', '@btcp2p/relay', '@btcp2p/chainstate', '@btcp2p/mempool'],
  ['@btcp2p/node'],
  [
    '@btcp2p/reactor',
    '@btcp2p/discovery-dns',
    '@btcp2p/tor-transport',
    '@btcp2p/i2p-transport',
    '@btcp2p/simulator',
  ],
  ['btcp2p-node', 'btcp2p-crawler'],
];

/** The last layer that does no I/O: in it and before it, time and randomness come as arguments. */
export const LAST_PURE_LAYER = 3;

/** What the layers would allow, but the design does not: these reach storage through ports. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  '@btcp2p/node': ['@btcp2p/chainstate', '@btcp2p/mempool'],
};

/** Helpers of this repository. They may import anything; only tests and tools import them. */
export const TOOLS: readonly string[] = [
  '@btcp2p/bcoin-peer',
  '@btcp2p/bench',
  '@btcp2p/bitcoind-peer',
  '@btcp2p/browser-test',
  '@btcp2p/chain-differential',
  '@btcp2p/chain-maker',
  '@btcp2p/core-suite',
  '@btcp2p/demo',
  '@btcp2p/fuzz',
  '@btcp2p/regtest',
  '@btcp2p/replay-peer',
  '@btcp2p/testdata',
  '@btcp2p/tidy',
];

/** The layer that a package is in; undefined for tools, and for names that the design lacks. */
export function layerOf(name: string): number | undefined {
  const layer = LAYERS.findIndex((names) => names.includes(name));
  return layer < 0 ? undefined : layer;
}

/** Whether the package is in a layer that does no I/O. */
export function isPure(project: Project): boolean {
  const layer = layerOf(project.name);
  return layer !== undefined && layer <= LAST_PURE_LAYER;
}

/**
 * Layers, declared dependencies and tsconfig references: every import goes to an earlier layer and
 * is declared, every declared package of this repository is imported, and the references that the
 * compiler follows are those dependencies.
 */
export function checkLayers(workspace: Workspace): Finding[] {
  return [
    ...workspace.projects.flatMap((project) => [
      ...checkName(project),
      ...checkDependencies(project),
      ...checkImports(workspace, project),
      ...checkReferences(workspace, project),
    ]),
    ...checkCycles(workspace),
  ];
}

/** The packages of this repository that a project depends on outside its tests. */
export function runtimeDependencies({ manifest }: Project): string[] {
  const { dependencies, peerDependencies, optionalDependencies } = manifest;
  return Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }).filter(
    isOurs,
  );
}

function checkName(project: Project): Finding[] {
  const { name, kind } = project;
  if (kind === 'tool' ? TOOLS.includes(name) : layerOf(name) !== undefined) return [];
  const table = kind === 'tool' ? 'the list of tools' : 'the table of layers';
  return [inManifest(project, name, 'unknown', `${name} is not in ${table} (tools/tidy/src/layers.ts)`)];
}

function checkDependencies(project: Project): Finding[] {
  const runtime = runtimeDependencies(project);
  const development = Object.keys(project.manifest.devDependencies ?? {}).filter(isOurs);
  return [
    ...runtime.flatMap((name) => {
      const objection = objectionTo(project, name);
      return objection === undefined ? [] : [inManifest(project, name, ...objection)];
    }),
    ...development.filter((name) => !isKnown(name)).map((name) =>
      inManifest(project, name, 'unknown', `${name} is not in the table of layers`),
    ),
    ...runtime.filter((name) => project.kind !== 'tool' && !isImported(project, name)).map((name) =>
      inManifest(project, name, 'unused', `${name} is a dependency, but nothing in src imports it`),
    ),
  ];
}

/** Why `project` must not depend on the package `name`: the rule and the message. */
function objectionTo(project: Project, name: string): [rule: string, message: string] | undefined {
  if (!isKnown(name)) return ['unknown', `${name} is not in the table of layers`];
  if (project.kind === 'tool') return undefined;
  if (TOOLS.includes(name)) return ['order', `${name} is a tool: only tests may import it`];
  const [own, other] = [layerOf(project.name), layerOf(name)];
  if (own === undefined || other === undefined) return undefined;
  if (other >= own) {
    return ['order', `${project.name} (layer ${own}) must not import ${name} (layer ${other})`];
  }
  if (NEVER[project.name]?.includes(name)) {
    return ['order', `${project.name} must reach ${name} through a port`];
  }
  return undefined;
}

function checkImports(workspace: Workspace, project: Project): Finding[] {
  return project.files.flatMap((file) =>
    importsOf(file).flatMap(({ specifier, node }) => {
      const objection = objectionToImport(workspace, project, file, specifier);
      if (objection === undefined) return [];
      const [rule, message] = objection;
      return [{ path: file.path, line: file.lineOf(node), rule: `layers/${rule}`, message }];
    }),
  );
}

function objectionToImport(
  workspace: Workspace,
  project: Project,
  file: SourceFile,
  specifier: string,
): [rule: string, message: string] | undefined {
  if (isBuiltin(specifier)) return undefined;
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file.path), specifier));
    if (target.startsWith(`${project.directory}/`)) return undefined;
    return ['path', `${specifier} leaves the package: import other packages by name`];
  }
  const name = packageOf(specifier);
  if (name === project.name) return ['self', 'a package imports itself by relative paths'];
  const inSource = file.folder === 'src';
  if (isOurs(name)) {
    if (!isKnown(name)) return ['unknown', `${name} is not in the table of layers`];
    const objection = inSource ? objectionTo(project, name) : undefined;
    if (objection !== undefined) return objection;
  }
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = project.manifest;
  const declared = { ...dependencies, ...peerDependencies, ...optionalDependencies };
  if (inSource) {
    if (name in declared) return undefined;
    return ['undeclared', `${name} is not in the dependencies of ${project.directory}/package.json`];
  }
  // What every project's tests use (jest, fast-check) is declared once, at the root.
  if (name in { ...declared, ...devDependencies, ...workspace.manifest.devDependencies }) {
    return undefined;
  }
  return ['undeclared', `${name} is not in the devDependencies of ${project.directory}/package.json`];
}

/** An import of any form: `import`, `export … from`, `import()`, and `import()` types. */
interface Import {
  readonly specifier: string;
  readonly node: ts.Node;
}

/** The imports of a file. `import()` of anything but a literal cannot be seen. */
export function importsOf(file: SourceFile): Import[] {
  const imports: Import[] = [];
  walk(file.ast, (node) => {
    const literal = specifierOf(node);
    if (literal !== undefined && ts.isStringLiteralLike(literal)) {
      imports.push({ specifier: literal.text, node });
    }
  });
  return imports;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  return undefined;
}

function isImported(project: Project, name: string): boolean {
  return project.files.some(
    (file) =>
      file.folder === 'src' && importsOf(file).some(({ specifier }) => packageOf(specifier) === name),
  );
}

/** tsconfig.json refers to the dependencies; tsconfig.test.json also to itself and to those of tests. */
function checkReferences(workspace: Workspace, project: Project): Finding[] {
  const runtime = runtimeDependencies(project);
  const development = Object.keys(project.manifest.devDependencies ?? {}).filter(isOurs);
  const directories = (names: string[]): string[] =>
    workspace.projects.filter(({ name }) => names.includes(name)).map(({ directory }) => directory);
  return [
    ...compareReferences(workspace, project, 'tsconfig.json', directories(runtime)),
    ...compareReferences(workspace, project, 'tsconfig.test.json', [
      project.directory,
      ...directories([...runtime, ...development]),
    ]),
  ];
}

function compareReferences(
  workspace: Workspace,
  project: Project,
  file: string,
  expected: readonly string[],
): Finding[] {
  const path = `${project.directory}/${file}`;
  const text = readText(workspace, path);
  const finding = (line: number, message: string): Finding => ({
    path,
    line,
    rule: 'layers/references',
    message,
  });
  if (text === undefined) return [finding(1, `${file} is missing`)];
  const { config } = ts.parseConfigFileTextToJson(path, text) as {
    config?: { references?: { path: string }[] };
  };
  const references = (config?.references ?? []).map((reference) => ({
    written: reference.path,
    directory: join(project.directory, reference.path).replace(/\/(?:tsconfig\.json)?$/, ''),
  }));
  const found = references.map(({ directory }) => directory);
  return [
    ...expected.filter((directory) => !found.includes(directory)).map((directory) =>
      finding(lineOf(text, '"references"'), `the reference to ${directory} is missing`),
    ),
    ...references.filter(({ directory }) => !expected.includes(directory)).map(({ written }) =>
      finding(lineOf(text, `"${written}"`), `${written} is referred to, but is no dependency`),
    ),
  ];
}

/** Dependencies of any kind in a circle: no order of building would do. */
function checkCycles(workspace: Workspace): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const visit = (project: Project, trail: readonly string[]): void => {
    const start = trail.indexOf(project.name);
    if (start >= 0) {
      const circle = [...trail.slice(start), project.name].join(' -> ');
      findings.push(inManifest(project, trail.at(-1) ?? '', 'cycle', circle));
    }
    if (start >= 0 || done.has(project.name)) return;
    const development = Object.keys(project.manifest.devDependencies ?? {});
    for (const name of [...runtimeDependencies(project), ...development]) {
      const next = workspace.projects.find((candidate) => candidate.name === name);
      if (next !== undefined) visit(next, [...trail, project.name]);
    }
    done.add(project.name);
  };
  for (const project of workspace.projects) visit(project, []);
  return findings;
}

function inManifest(project: Project, needle: string, rule: string, message: string): Finding {
  const line = lineOf(project.manifestText, `"${needle}"`);
  return { path: `${project.directory}/package.json`, line, rule: `layers/${rule}`, message };
}

/** `@scope/name` or `name` of an import's specifier. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function isOurs(name: string): boolean {
  return name.startsWith('@btcp2p/') || name.startsWith('btcp2p-');
}

function isKnown(name: string): boolean {
  return layerOf(name) !== undefined || TOOLS.includes(name);
}
