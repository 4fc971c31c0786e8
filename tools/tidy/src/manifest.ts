import { lineOf, type Finding } from './finding.ts';
import { isPublishable, readText, type Manifest, type Project, type Workspace } from './workspace.ts';

/** A package brings at most this many packages of others; a program, which is made of parts, more. */
const MAX_FOREIGN_DEPENDENCIES = 3;
const MAX_FOREIGN_DEPENDENCIES_OF_APPS = 6;

/** What every package.json says, and the files that stand beside it. */
export function checkManifests(workspace: Workspace): Finding[] {
  return workspace.projects.flatMap((project) => {
    const { directory, manifest, manifestText } = project;
    const path = `${directory}/package.json`;
    const rule = 'manifest';
    const findings: Finding[] = objectionsTo(workspace.manifest, manifest).map((message) => ({
      path,
      line: 1,
      rule,
      message,
    }));
    if (readText(workspace, `${directory}/README.md`) === undefined) {
      findings.push({ path: `${directory}/README.md`, line: 1, rule, message: 'is missing' });
    }
    const foreign = foreignDependencies(workspace, project);
    const isApp = directory.startsWith('apps/');
    const most = isApp ? MAX_FOREIGN_DEPENDENCIES_OF_APPS : MAX_FOREIGN_DEPENDENCIES;
    if (isPublishable(project) && foreign.length > most) {
      const line = lineOf(manifestText, '"dependencies"');
      const message = `${foreign.length} dependencies of others, of ${most} at most`;
      findings.push({ path, line, rule, message });
    }
    return findings;
  });
}

function objectionsTo(root: Manifest, manifest: Manifest): string[] {
  const objections: string[] = [];
  if (!manifest.name) objections.push('has no name');
  if (manifest.type !== 'module') objections.push('is not of type module');
  if (manifest.license === undefined || manifest.license !== root.license) {
    objections.push(`its license is not the root's (${root.license})`);
  }
  if (manifest.engines?.['node'] === undefined || manifest.engines['node'] !== root.engines?.['node']) {
    objections.push(`its engines.node is not the root's (${root.engines?.['node']})`);
  }
  for (const script of ['build', 'test']) {
    if (manifest.scripts?.[script] === undefined) objections.push(`has no script ${script}`);
  }
  const entries = Object.entries(manifest.exports ?? {}).filter(([key]) => key !== './package.json');
  if (entries.length === 0) objections.push('has no exports');
  for (const [key, value] of entries) objections.push(...objectionsToExport(key, value));
  return objections;
}

/** Tests and the compiler run from the sources by the first condition; users get the other two. */
function objectionsToExport(key: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`exports["${key}"] has no conditions`];
  const conditions = Object.keys(value).join(', ');
  if (conditions === '@btcp2p/source, types, default') return [];
  return [`exports["${key}"] has ${conditions} in place of @btcp2p/source, types, default`];
}

function foreignDependencies(workspace: Workspace, { manifest }: Project): string[] {
  const { dependencies, peerDependencies } = manifest;
  return Object.keys({ ...dependencies, ...peerDependencies }).filter(
    (name) => !workspace.projects.some((project) => project.name === name),
  );
}
