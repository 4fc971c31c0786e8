import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

/**
 * The version of an installed package. Its package.json is looked for upwards of its entry, since
 * few packages export it.
 */
export function packageVersion(name: string): string {
  for (let directory = dirname(resolve(name)); ; directory = dirname(directory)) {
    const file = join(directory, 'package.json');
    if (existsSync(file)) {
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
      if (manifest.name === name && manifest.version !== undefined) return manifest.version;
    }
    if (directory === dirname(directory)) throw new Error(`no package.json of ${name}`);
  }
}
