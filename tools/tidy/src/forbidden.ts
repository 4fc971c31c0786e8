import { isBuiltin } from 'node:module';
import ts from 'typescript';
import type { Finding } from './finding.ts';
import { importsOf, isPure } from './layers.ts';
import { walk, type SourceFile, type Workspace } from './workspace.ts';

/** Globals that reach a clock, a timer, a task queue, a random source or the platform. */
const NAMES: ReadonlySet<string> = new Set([
  'Buffer',
  'Date',
  'Promise',
  'PromiseLike',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
]);

/**
 * Names that have no place in the sources of the layers without I/O. The compiler and the linter
 * refuse most of them too; but their settings can be turned off in a package, and these cannot.
 */
export function checkForbidden(workspace: Workspace): Finding[] {
  return workspace.projects
    .filter(isPure)
    .flatMap(({ files }) => files.filter(({ folder }) => folder === 'src'))
    .flatMap(checkFile);
}

function checkFile(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const add = (node: ts.Node, name: string): void => {
    const message = `${name} has no place in layers 0 to 3: let it come in as an argument or an input`;
    findings.push({ path: file.path, line: file.lineOf(node), rule: 'forbidden', message });
  };
  for (const { specifier, node } of importsOf(file)) if (isBuiltin(specifier)) add(node, specifier);
  walk(file.ast, (node) => {
    const name = forbiddenName(node);
    if (name !== undefined) add(node, name);
  });
  return findings;
}

function forbiddenName(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) return NAMES.has(node.text) && !isLabel(node) ? node.text : undefined;
  if (isMathRandom(node)) return 'Math.random';
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return 'for await';
  return undefined;
}

function isMathRandom(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    return node.name.text === 'random' && isMath(node.expression);
  }
  if (!ts.isElementAccessExpression(node) || !isMath(node.expression)) return false;
  return ts.isStringLiteralLike(node.argumentExpression) && node.argumentExpression.text === 'random';
}

function isMath(node: ts.Node): boolean {
  return ts.isIdentifier(node) && node.text === 'Math';
}

/** Whether the identifier only names a member (`timers.process`, `{ process: 1 }`), not a variable. */
function isLabel(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isGetAccessor(parent) ||
      ts.isSetAccessor(parent)) &&
    parent.name === node
  );
}
