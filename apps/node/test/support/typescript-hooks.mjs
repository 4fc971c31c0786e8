import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where results are kept for the next process, which then need not load the compiler. */
const cache = process.env.BTCP2P_TEST_CACHE;

/** Node's `load` hook: TypeScript files become JavaScript. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  return { format: 'module', source: await compile(source), shortCircuit: true };
}

async function compile(source) {
  const digest = createHash('sha256').update(source).digest('hex');
  const file = cache === undefined ? undefined : join(cache, `${digest}.js`);
  if (file !== undefined) {
    const known = await readFile(file, 'utf8').catch(() => undefined);
    if (known !== undefined) return known;
  }
  const { transform } = await import('@swc/core');
  const { code } = await transform(source, {
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  if (file !== undefined) await writeFile(file, code);
  return code;
}
