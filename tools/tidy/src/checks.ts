import { checkCitations } from './citations.ts';
import { checkExamples } from './examples.ts';
import type { Finding } from './finding.ts';
import { checkForbidden } from './forbidden.ts';
import { checkGraph } from './graph.ts';
import { checkLayers } from './layers.ts';
import { checkManifests } from './manifest.ts';
import { checkPacking } from './packing.ts';
import { checkStyle } from './style.ts';
import type { Workspace } from './workspace.ts';

/** What the command line can ask for. */
export interface Options {
  /** Rewrites what is generated, instead of finding it stale. */
  readonly write: boolean;
}

/** A check: what it finds wrong with a workspace. */
export type Check = (workspace: Workspace, options: Options) => Finding[] | Promise<Finding[]>;

/** All checks, by the names that `--only` takes; the quick ones first. */
export const CHECKS: Readonly<Record<string, Check>> = {
  layers: checkLayers,
  forbidden: checkForbidden,
  style: checkStyle,
  manifest: checkManifests,
  citations: checkCitations,
  graph: checkGraph,
  examples: (workspace) => checkExamples(workspace),
  pack: checkPacking,
};
