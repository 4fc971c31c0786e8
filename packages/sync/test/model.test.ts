import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { KINDS, World, type Kind } from './support/world.ts';

const HOURS = 60 * 60 * 1_000;

/** More, when somebody has the time: `BTCP2P_MODEL_RUNS=1000 npm test -- test/model`. */
const RUNS = Number(process.env['BTCP2P_MODEL_RUNS'] ?? 25);

/**
 * Runs one world. To replay a failure: `converges({ seed, kinds })` with what fast-check reports.
 */
function converges(options: { readonly seed: number; readonly kinds: readonly Kind[] }): number {
  const world = new World(options);
  world.run(12 * HOURS);
  if (!world.isConverged) {
    throw new Error(`stuck: ${JSON.stringify(world.owner.sync.progress)} tip ${world.owner.height}`);
  }
  world.finish();
  return world.steps;
}

test('whatever other peers do, one honest peer is enough to get to the best chain', () => {
  let steps = 0;
  fc.assert(
    fc.property(
      fc.record({ seed: fc.nat(), kinds: fc.array(fc.constantFrom(...KINDS), { maxLength: 12 }) }),
      (options) => {
        steps += converges(options);
      },
    ),
    { numRuns: RUNS },
  );
  expect(steps).toBeGreaterThan(10_000);
}, 2_000 * (RUNS + 15));

test.each(KINDS)('an honest peer among five of kind "%s"', (kind) => {
  converges({ seed: 7, kinds: Array<Kind>(5).fill(kind) });
});
