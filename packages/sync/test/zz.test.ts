import { test } from '@jest/globals';
import { KINDS, World, type Kind } from './support/world.ts';
import { SeededRng } from '@btcp2p/machine';
test('many', () => {
  const n = Number(process.env['N'] ?? 50); const base = Number(process.env['BASE'] ?? 1000);
  let steps = 0;
  for (let i = 0; i < n; i++) {
    const rng = new SeededRng(BigInt(base + i));
    const kinds: Kind[] = Array.from({ length: rng.below(13) }, () => KINDS[rng.below(KINDS.length)]!);
    const t0 = performance.now();
    const world = new World({ seed: base + i, kinds });
    try { world.run(12 * 3600e3); if (!world.isConverged) throw new Error('stuck'); world.finish(); }
    catch (error) { console.log(base + i, JSON.stringify(kinds), error); throw error; }
    steps += world.steps;
    if (performance.now() - t0 > 1000) console.log(base + i, world.steps, performance.now() - t0, kinds.join());
  }
  console.log('steps', steps);
}, 600000);
