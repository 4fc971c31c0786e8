import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkGraph, drawGraph } from '../src/graph.ts';
import { places, workspaceOf, type Member } from './fixture.ts';

const MEMBERS: readonly Member[] = [
  { directory: 'packages/machine', name: '@btcp2p/machine' },
  { directory: 'packages/wire', name: '@btcp2p/wire' },
  { directory: 'packages/peer', name: '@btcp2p/peer', dependencies: ['@btcp2p/wire'] },
  {
    directory: 'apps/node',
    name: 'btcp2p-node',
    dependencies: ['@btcp2p/wire', '@btcp2p/peer', '@btcp2p/machine'],
  },
  { directory: 'tools/bench', name: '@btcp2p/bench', dependencies: ['@btcp2p/wire'] },
];

test('the picture leaves out what is implied; the table does not', () => {
  const lines = drawGraph(workspaceOf(MEMBERS)).split('\n');
  expect(lines.filter((line) => line.includes('-->') && line.startsWith('  '))).toEqual([
    '  p_peer --> p_wire',
    '  p_btcp2p_node --> p_machine',
    '  p_btcp2p_node --> p_peer',
  ]);
  expect(lines.filter((line) => line.startsWith('| '))).toEqual([
    '| layer | package | depends on |',
    '| 0 | [machine](packages/machine) | - |',
    '| 0 | [wire](packages/wire) | - |',
    '| 2 | [peer](packages/peer) | wire |',
    '| 5 | [btcp2p-node](apps/node) | machine, peer, wire |',
    '| tool | [bench](tools/bench) | wire |',
  ]);
});

test('a missing file, and one without marks', () => {
  expect(places(checkGraph(workspaceOf(MEMBERS)))).toEqual(['ARCHITECTURE.md:1: graph']);
  const unmarked = workspaceOf(MEMBERS, { 'ARCHITECTURE.md': '# Architecture\n' });
  expect(places(checkGraph(unmarked, { write: true }))).toEqual(['ARCHITECTURE.md:1: graph']);
});

test('a stale picture is found, and rewritten on demand', () => {
  const text = '# Architecture\n\n<!-- graph:begin -->\nold\n<!-- graph:end -->\n\nMore.\n';
  const workspace = workspaceOf(MEMBERS, { 'ARCHITECTURE.md': text });
  expect(places(checkGraph(workspace))).toEqual(['ARCHITECTURE.md:3: graph']);
  expect(checkGraph(workspace, { write: true })).toEqual([]);
  expect(checkGraph(workspace)).toEqual([]);
  const written = readFileSync(join(workspace.root, 'ARCHITECTURE.md'), 'utf8');
  expect(written).toMatch(/^# Architecture\n\n<!-- graph:begin -->\n/);
  expect(written).toMatch(/<!-- graph:end -->\n\nMore\.\n$/);
  expect(written).not.toContain('old');
});
