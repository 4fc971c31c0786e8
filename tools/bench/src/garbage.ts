import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'major' | 'minor' }) => void;

let collect: Collect | undefined;

/**
 * Collects garbage now, so that nobody pays in a sample for what another left.
 *
 * Between samples it must be `minor`: a major collection also takes what V8 knows of objects of
 * which none is alive at the moment, and with it compiled code. Called before each sample it made
 * the same code several times slower.
 */
export function collectGarbage(type: 'major' | 'minor'): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type });
}
