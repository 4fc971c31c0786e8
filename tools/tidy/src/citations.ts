import ts from 'typescript';
import { docOf, exportedDeclarations, leadingComments } from './declarations.ts';
import type { Finding } from './finding.ts';
import { isPure } from './layers.ts';
import { walk, type SourceFile, type Workspace } from './workspace.ts';

/** A value of our own, with a reason of some words. */
const OUR_CHOICE = /\bOur choice:(?:\s+\S+){3}/;

/** What names where a value is from, so that a reader can look it up. */
const SOURCES: readonly RegExp[] = [
  /\bCore\b/,
  /\bBIPs? ?\d+/,
  /\bRFC ?\d+/,
  /\b(?:FIPS|SEC) ?\d/,
  /\blibsecp256k1\b/,
  /\b[\w/-]+\.(?:h|cpp|py|md|mediawiki)\b/,
  /\bhttps?:\/\//,
  // Anyone can look a block or a transaction up by where it is.
  /\b(?:mainnet|testnet\d?|signet)['’]?s? (?:genesis|block|transaction)/i,
  OUR_CHOICE,
  // Units have no source.
  /\b(?:milli)?seconds in an? (?:second|minute|hour|day|week)\b/i,
];

/** 32 bytes or more in hex. */
const HEX = /[0-9a-f]{64,}/i;

/**
 * Sources: each exported constant of the layers without I/O says where its value is from, and so
 * does each hash or longer test vector in their tests.
 */
export function checkCitations(workspace: Workspace): Finding[] {
  const files = workspace.projects.filter(isPure).flatMap((project) => project.files);
  return files.flatMap((file) => (file.folder === 'src' ? checkConstants(file) : checkVectors(file)));
}

/** Whether the text names a source. */
export function namesSource(text: string): boolean {
  return SOURCES.some((source) => source.test(text));
}

function checkConstants(file: SourceFile): Finding[] {
  // A layout of our own, say, is one choice: the file's comment may say so for all its offsets.
  if (fileComments(file).some((comment) => OUR_CHOICE.test(comment))) return [];
  return exportedDeclarations(file).flatMap(({ name, statement, variable }) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) || variable?.initializer === undefined) return [];
    if (!isScalar(variable.initializer) || namesSource(docOf(file, statement) ?? '')) return [];
    const line = file.lineOf(variable);
    const message = `${name} names no source (Core, BIP n, RFC n, …, or "Our choice: reason")`;
    return [{ path: file.path, line, rule: 'citation/constant', message }];
  });
}

/** A number, bigint or string, or a sum of such and of other constants. */
function isScalar(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return isScalar(node.expression);
  if (ts.isSatisfiesExpression(node)) return isScalar(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return isScalar(node.operand);
  if (ts.isBinaryExpression(node)) return isScalar(node.left) && isScalar(node.right);
  if (ts.isIdentifier(node)) return /^[A-Z][A-Z0-9_]*$/.test(node.text);
  return ts.isNumericLiteral(node) || ts.isBigIntLiteral(node) || ts.isStringLiteralLike(node);
}

function checkVectors(file: SourceFile): Finding[] {
  if (fileComments(file).some(namesSource)) return [];
  const findings: Finding[] = [];
  walk(file.ast, (node) => {
    if (!isVector(node) || hasSourceNearby(file, node)) return;
    const message = 'a test vector without a source: name it in a comment before it, or in a test name';
    findings.push({ path: file.path, line: file.lineOf(node), rule: 'citation/vector', message });
  });
  return findings;
}

/** The comments at the top of the file: before its imports, or apart from what follows. */
function fileComments(file: SourceFile): string[] {
  const [first] = file.ast.statements;
  if (first === undefined) return [];
  const comments = leadingComments(file, first);
  return ts.isImportDeclaration(first) || file.folder !== 'src' ? comments : comments.slice(0, -1);
}

function isVector(node: ts.Node): boolean {
  const hasText =
    ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
  const text = hasText ? node.text : '';
  const digits = HEX.exec(text)?.[0] ?? '';
  // A repeated digit is filling, not a vector.
  return new Set(digits).size > 1;
}

/** A source in a comment before the node or before what it is part of, or in a test's name around it. */
function hasSourceNearby(file: SourceFile, node: ts.Node): boolean {
  for (let at = node; !ts.isSourceFile(at); at = at.parent) {
    if (leadingComments(file, at).some(namesSource)) return true;
    const [name] = ts.isCallExpression(at) ? at.arguments : [];
    if (name !== undefined && ts.isStringLiteralLike(name) && namesSource(name.text)) return true;
    const trailing = ts.getTrailingCommentRanges(file.text, at.end) ?? [];
    if (trailing.some(({ pos, end }) => namesSource(file.text.slice(pos, end)))) return true;
  }
  return false;
}
