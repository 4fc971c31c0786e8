import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** This tool's folder: one up, from `src` (under jest) and from `dist` alike. */
const DIRECTORY = join(import.meta.dirname, '..');
const ROOT = join(DIRECTORY, '../..');

/** A module and all that it imports, as one file for browsers. */
export interface Bundle {
  /** Minified. */
  readonly code: string;
  /** Bytes of the code, UTF-8. */
  readonly size: number;
  /** Bytes of the code, compressed by gzip's defaults. */
  readonly gzippedSize: number;
  /** The files that went into it, relative to the repository, without the module itself. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the text of a module, whose imports resolve as those of a user do: packages by their
 * `exports`, and so from `dist`. Throws if any of it imports what a browser does not have.
 */
export async function bundle(source: string): Promise<Bundle> {
  const result = await build({
    stdin: { contents: source, resolveDir: DIRECTORY, sourcefile: 'entry.ts', loader: 'ts' },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]?.text ?? '';
  return {
    code,
    size: Buffer.byteLength(code),
    gzippedSize: gzipSync(code).length,
    inputs: Object.keys(result.metafile.inputs).filter((input) => !input.endsWith('entry.ts')),
  };
}
