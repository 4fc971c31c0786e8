import ts from 'typescript';
import type { SourceFile } from './workspace.ts';

/** Something that a file exports and declares itself. */
export interface Exported {
  readonly name: string;
  /** The statement that declares it: what a docstring stands before. */
  readonly statement: ts.Statement;
  /** For `export const`: its declaration. */
  readonly variable: ts.VariableDeclaration | undefined;
}

/** What a file declares and exports, in source order: by `export` before it, or in an export list. */
export function exportedDeclarations(file: SourceFile): Exported[] {
  const listed = new Set<string>();
  for (const statement of file.ast.statements) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) continue;
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) continue;
    for (const { name, propertyName } of statement.exportClause.elements) {
      listed.add((propertyName ?? name).text);
    }
  }
  return file.ast.statements.flatMap((statement) =>
    declared(statement).filter(({ name }) => hasExportKeyword(statement) || listed.has(name)),
  );
}

/** The doc comment directly before a statement, its marks removed; undefined if there is none. */
export function docOf(file: SourceFile, statement: ts.Node): string | undefined {
  const comment = leadingComments(file, statement).findLast((text) => text.startsWith('/**'));
  return comment === undefined ? undefined : plain(comment);
}

/** The comments before a node, each whole. */
export function leadingComments(file: SourceFile, node: ts.Node): string[] {
  const ranges = ts.getLeadingCommentRanges(file.text, node.pos) ?? [];
  return ranges.map(({ pos, end }) => file.text.slice(pos, end));
}

/** The words of a comment, on one line. */
function plain(comment: string): string {
  return comment
    .replace(/^\/\*\*?|\*\/$/g, '')
    .replace(/\n\s*\* ?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function declared(statement: ts.Statement): Exported[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((variable) =>
      ts.isIdentifier(variable.name) ? [{ name: variable.name.text, statement, variable }] : [],
    );
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  if (!named) return [];
  return [{ name: statement.name?.text ?? 'default', statement, variable: undefined }];
}

function hasExportKeyword(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false;
  const modifiers = ts.getModifiers(statement) ?? [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}
