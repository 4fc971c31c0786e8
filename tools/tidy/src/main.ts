/**
 * `node tools/tidy/dist/main.js [--write] [--only=layers,style,…] [--root=DIRECTORY]`: prints what
 * is wrong, a finding a line, and exits with 1 if anything is.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKS, type Check } from './checks.ts';
import { formatFinding, sortFindings, type Finding } from './finding.ts';
import { readWorkspace } from './workspace.ts';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(CHECKS).join(',') },
    root: { type: 'string', default: resolve(import.meta.dirname, '../../..') },
  },
});

const checks = values.only.split(',').map((name): [string, Check] => {
  const check = CHECKS[name];
  if (check !== undefined) return [name, check];
  throw new Error(`no check ${name}: there are ${Object.keys(CHECKS).join(', ')}`);
});

const workspace = readWorkspace(resolve(values.root));
const findings: Finding[] = [];
const summary: string[] = [];
for (const [name, check] of checks) {
  const found = await check(workspace, { write: values.write });
  findings.push(...found);
  summary.push(`${name} ${found.length}`);
}
for (const finding of sortFindings(findings)) console.log(formatFinding(finding));
const files = workspace.projects.reduce((total, project) => total + project.files.length, 0);
const where = `${workspace.projects.length} projects, ${files} files`;
console.log(`${findings.length} findings in ${where} (${summary.join(', ')})`);
process.exitCode = findings.length > 0 ? 1 : 0;
