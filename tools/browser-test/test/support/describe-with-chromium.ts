import { describe, test } from '@jest/globals';
import { obtainChromium } from '../../src/index.ts';

/** A `describe` that needs a Chromium: without one, one skipped test says why. */
export function describeWithChromium(name: string, body: (path: string) => void): void {
  const found = obtainChromium();
  if (found.path !== undefined) return describe(name, () => body(found.path));
  process.stderr.write(`skipped: ${found.reason}\n`);
  describe.skip(`${name} [skipped: ${found.reason}]`, () => {
    test.skip(`skipped: ${found.reason}`, () => {});
  });
}
