import { execFileSync } from 'node:child_process';

/** The version that a `bitcoind` says it is; undefined if it does not start. */
export function coreVersion(bitcoind: string): string | undefined {
  try {
    const text = execFileSync(bitcoind, ['-version'], { encoding: 'utf8' });
    return /version v?(\S+)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
