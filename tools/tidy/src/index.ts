/**
 * Checks what a compiler and a linter cannot: layers, sources of constants, README examples, the
 * picture of the dependencies, and what npm would publish.
 *
 * @example
 * import { checkLayers, formatFinding, readWorkspace } from '@btcp2p/tidy';
 *
 * for (const finding of checkLayers(readWorkspace('.'))) console.log(formatFinding(finding));
 *
 * @packageDocumentation
 */
export { CHECKS } from './checks.ts';
export type { Check, Options } from './checks.ts';
export { formatFinding } from './finding.ts';
export type { Finding } from './finding.ts';
export { checkLayers } from './layers.ts';
export { readWorkspace } from './workspace.ts';
export type { Project, SourceFile, Workspace } from './workspace.ts';
