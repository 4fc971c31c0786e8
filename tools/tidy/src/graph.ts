import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf, type Finding } from './finding.ts';
import { LAYERS, layerOf, runtimeDependencies } from './layers.ts';
import { projectNamed, readText, type Project, type Workspace } from './workspace.ts';

/** The file that has the picture, and the marks that it stands between. */
const FILE = 'ARCHITECTURE.md';
const BEGIN = '<!-- graph:begin -->';
const END = '<!-- graph:end -->';

/**
 * The picture of the dependencies in ARCHITECTURE.md is the one that the package.jsons give. With
 * `write`, a stale one is replaced.
 */
export function checkGraph(workspace: Workspace, { write = false } = {}): Finding[] {
  const finding = (line: number, message: string): Finding[] => [
    { path: FILE, line, rule: 'graph', message },
  ];
  const text = readText(workspace, FILE);
  if (text === undefined) return finding(1, 'is missing');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) return finding(1, `has no ${BEGIN} … ${END} for the dependencies`);
  const fresh = `${text.slice(0, begin)}${BEGIN}\n${drawGraph(workspace)}${text.slice(end)}`;
  if (fresh === text) return [];
  if (!write) return finding(lineOf(text, BEGIN), 'is stale: run `npm run tidy -- --write`');
  writeFileSync(join(workspace.root, FILE), fresh);
  return [];
}

/** The dependencies between the packages, as a mermaid picture and as a table. */
export function drawGraph(workspace: Workspace): string {
  const layers = LAYERS.map((names) =>
    names.flatMap((name) => projectNamed(workspace, name) ?? []),
  );
  const tools = workspace.projects.filter(({ kind }) => kind === 'tool');
  const lines = [
    '<!-- Written by `npm run tidy -- --write` from the package.jsons. -->',
    'Arrows that others imply are left out of the picture; the table has them all.',
    '',
    '```mermaid',
    'graph TD',
    ...layers.flatMap((projects, layer) => drawLayer(projects, layer)),
    ...layers.flat().flatMap((project) => drawArrows(workspace, project)),
    '```',
    '',
    '| layer | package | depends on |',
    '|---|---|---|',
    ...layers.flat().map((project) => drawRow(project, `${layerOf(project.name)}`)),
    ...tools.map((project) => drawRow(project, 'tool')),
  ];
  return `${lines.join('\n')}\n`;
}

function drawLayer(projects: readonly Project[], layer: number): string[] {
  if (projects.length === 0) return [];
  const nodes = projects.map(({ name }) => `    ${idOf(name)}[${shortOf(name)}]`);
  return [`  subgraph layer${layer}[layer ${layer}]`, ...nodes, '  end'];
}

function drawArrows(workspace: Workspace, project: Project): string[] {
  const direct = known(workspace, project);
  const implied = new Set(direct.flatMap((next) => [...reachable(workspace, next)]));
  return direct
    .filter(({ name }) => !implied.has(name))
    .map(({ name }) => `  ${idOf(project.name)} --> ${idOf(name)}`)
    .sort();
}

function drawRow(project: Project, layer: string): string {
  const names = runtimeDependencies(project).map(shortOf).sort();
  return `| ${layer} | [${shortOf(project.name)}](${project.directory}) | ${names.join(', ') || '-'} |`;
}

function reachable(workspace: Workspace, from: Project, found = new Set<string>()): Set<string> {
  for (const project of known(workspace, from)) {
    if (found.has(project.name)) continue;
    found.add(project.name);
    reachable(workspace, project, found);
  }
  return found;
}

function known(workspace: Workspace, project: Project): Project[] {
  return runtimeDependencies(project).flatMap((name) => projectNamed(workspace, name) ?? []);
}

function shortOf(name: string): string {
  return name.replace('@btcp2p/', '');
}

/** mermaid has words of its own (`end`, `graph`): a prefix keeps clear of them. */
function idOf(name: string): string {
  return `p_${shortOf(name).replaceAll('-', '_')}`;
}
