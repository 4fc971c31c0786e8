import { expect, test } from '@jest/globals';
import { blockProof, type HeaderEntry, type HeaderTree, type VersionBitsCache } from '@btcp2p/consensus';
import { ChainWarnings } from '../src/chain-warnings.ts';
import { NodeWarnings } from '../src/node-warnings.ts';

test('each kind of warning stands once, alerts once, and can be taken back', () => {
  const alerts: string[] = [];
  const warnings = new NodeWarnings((text) => alerts.push(text));
  warnings.set('large-work-invalid-chain', 'a');
  warnings.set('unknown-new-rules', 'b');
  warnings.set('unknown-new-rules', 'c');
  expect(warnings.texts).toEqual(['b', 'a']);
  warnings.unset('unknown-new-rules');
  warnings.unset('unknown-new-rules');
  expect(warnings.texts).toEqual(['a']);
  warnings.set('unknown-new-rules', 'd');
  expect(alerts).toEqual(['a', 'b', 'd']);
});

const BITS = 0x207fffff;
const WORK = blockProof(BITS);

/** A chain whose tip has the work of 100 blocks, and an invalid one. */
function watch(invalidBlocks: bigint | undefined, unknown: readonly { bit: number; isActive: boolean }[]) {
  const lines: string[] = [];
  const warnings = new NodeWarnings(() => {});
  const tree = { blocks: invalidBlocks };
  const headers = {
    get bestInvalid() {
      return tree.blocks === undefined ? undefined : 2;
    },
    chainWork: (entry: HeaderEntry) => WORK * (entry === 1 ? 100n : tree.blocks!),
    bits: () => BITS,
  } as unknown as HeaderTree;
  const versionBits = { unknownActivations: () => unknown } as unknown as VersionBitsCache;
  const log = (line: string): void => void lines.push(line);
  return { lines, warnings, tree, chain: new ChainWarnings({ headers, versionBits, warnings, log }) };
}

test('an invalid chain is warned of that is more than 6 blocks ahead, for as long as it is', () => {
  const { chain, warnings, tree, lines } = watch(undefined, []);
  chain.check(1);
  tree.blocks = 106n;
  chain.check(1);
  expect(warnings.texts).toEqual([]);
  tree.blocks = 107n;
  chain.check(1);
  expect(warnings.texts).toEqual([
    'Warning: We do not appear to fully agree with our peers! ' +
      'You may need to upgrade, or other nodes may need to upgrade.',
  ]);
  expect(lines).toHaveLength(1);
  tree.blocks = undefined;
  chain.check(1);
  expect(warnings.texts).toEqual([]);
});

test('rules that nobody here knows are warned of when they hold', () => {
  const { chain, warnings } = watch(undefined, [{ bit: 5, isActive: false }, { bit: 27, isActive: true }]);
  expect(chain.upcoming(1)).toEqual(['Unknown new rules activated (versionbit 5)']);
  chain.check(1);
  expect(warnings.texts).toEqual(['Unknown new rules activated (versionbit 27)']);
});
