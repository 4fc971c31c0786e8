import ts from 'typescript';
import { docOf, exportedDeclarations } from './declarations.ts';
import type { Finding } from './finding.ts';
import { walk, type Project, type SourceFile, type Workspace } from './workspace.ts';

/** Lines are near 100 columns by habit; this is where the habit has become a fault. */
const MAX_COLUMNS = 110;

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*\.ts$/;

/**
 * Style that neither compiler nor linter refuses: constructs that the code does without, doc
 * comments on all exports, re-exports in entry points only, file names and long lines.
 */
export function checkStyle(workspace: Workspace): Finding[] {
  return workspace.projects.flatMap((project) =>
    project.files.flatMap((file) => [
      ...checkFileName(file),
      ...checkColumns(file),
      ...checkSyntax(file),
      ...(file.folder === 'src' ? [...checkDocs(file), ...checkReexports(project, file)] : []),
    ]),
  );
}

function checkFileName(file: SourceFile): Finding[] {
  if (KEBAB_CASE.test(file.name)) return [];
  return [finding(file, 1, 'file-name', `${file.name} is not in kebab-case`)];
}

function checkColumns(file: SourceFile): Finding[] {
  return file.text.split('\n').flatMap((line, index) => {
    // What cannot be broken (hex of a test vector, an address) may be as long as it is.
    if (line.length <= MAX_COLUMNS || /[^\s'"`]{64}/.test(line)) return [];
    return [finding(file, index + 1, 'columns', `${line.length} columns, of ${MAX_COLUMNS} at most`)];
  });
}

function checkSyntax(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  walk(file.ast, (node) => {
    const message = objectionTo(node);
    if (message !== undefined) findings.push(finding(file, file.lineOf(node), 'syntax', message));
  });
  return findings;
}

function objectionTo(node: ts.Node): string | undefined {
  if (ts.isEnumDeclaration(node)) return 'no enum: use a union of string literals';
  if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && node.name.text !== 'global') {
    return 'no namespace: use a file';
  }
  if (isDefaultExport(node)) return 'no default export: name it';
  if (ts.isHeritageClause(node) && ts.isClassLike(node.parent)) {
    const base = node.types[0]?.expression.getText();
    if (node.token === ts.SyntaxKind.ExtendsKeyword && base !== 'Error') {
      return `no class extends ${base}: only Error is extended; compose instead`;
    }
  }
  return undefined;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
}

function checkDocs(file: SourceFile): Finding[] {
  const exported = exportedDeclarations(file);
  // A type and a value of one name (a message and its codec), and overloads, share their docs.
  const documented = new Set(
    exported.filter(({ statement }) => docOf(file, statement)).map(({ name }) => name),
  );
  const seen = new Set<string>();
  return exported.flatMap(({ name, statement }) => {
    if (documented.has(name) || seen.has(name)) return [];
    seen.add(name);
    return [finding(file, file.lineOf(statement), 'docs', `${name} is exported without a docstring`)];
  });
}

function checkReexports(project: Project, file: SourceFile): Finding[] {
  if (entryPoints(project).includes(file.path)) return [];
  const imported = new Set(file.ast.statements.filter(ts.isImportDeclaration).flatMap(importedNames));
  return file.ast.statements.filter(ts.isExportDeclaration).flatMap((statement) => {
    const clause = statement.exportClause;
    const passesOn =
      statement.moduleSpecifier !== undefined ||
      (clause !== undefined &&
        ts.isNamedExports(clause) &&
        clause.elements.some(({ name, propertyName }) => imported.has((propertyName ?? name).text)));
    if (!passesOn) return [];
    return [finding(file, file.lineOf(statement), 're-export', 'only src/index.ts re-exports')];
  });
}

/** The sources that package.json's `exports` name: `src/index.ts`, and the roots of its subpaths. */
function entryPoints({ directory, manifest }: Project): string[] {
  const entries = Object.values(manifest.exports ?? {}).flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const source = (entry as Record<string, unknown>)['@btcp2p/source'];
    return typeof source === 'string' ? [source] : [];
  });
  return ['./src/index.ts', ...entries].map((entry) => directory + entry.slice(1));
}

function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const names = importClause?.name === undefined ? [] : [importClause.name.text];
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, bindings.name.text];
  return [...names, ...bindings.elements.map(({ name }) => name.text)];
}

function finding(file: SourceFile, line: number, rule: string, message: string): Finding {
  return { path: file.path, line, rule: `style/${rule}`, message };
}
