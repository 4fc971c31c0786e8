import {
  consensusParams, difficultyAdjustmentInterval, type BuriedDeployment, type ConsensusParams,
} from '@btcp2p/consensus';
import type { Rng } from '@btcp2p/machine';
import { regtest } from '@btcp2p/wire';

/** Rules of one run: ours, and the options by which bitcoind has the same. */
export interface Settings {
  readonly params: ConsensusParams;
  readonly args: readonly string[];
  /** Heights of blocks that are the last or the first under some rule. */
  readonly edges: ReadonlySet<number>;
}

/** Core's names of deployments for `-testactivationheight`, and ours. */
const DEPLOYMENTS: readonly (readonly [string, BuriedDeployment])[] = [
  ['bip34', 'bip34'], ['dersig', 'bip66'], ['cltv', 'bip65'], ['csv', 'csv'], ['segwit', 'segwit'],
];

/** Where a run's chain starts; see `run`. */
export const START_BLOCKS = 105;

/** So many blocks later, all rules hold. */
const LAST_ACTIVATION = 120;

/** From when the rules hold, at random: in half of the runs from the start. */
export function randomSettings(rng: Rng): Settings {
  const heights: Partial<Record<BuriedDeployment, number>> = {};
  const args: string[] = [];
  if (rng.below(2) === 0) {
    for (const [name, deployment] of DEPLOYMENTS) {
      const height = START_BLOCKS + 1 + rng.below(LAST_ACTIVATION);
      heights[deployment] = height;
      args.push(`-testactivationheight=${name}@${height}`);
    }
  }
  const enforceBIP94 = rng.below(2) === 0;
  if (enforceBIP94) args.push('-test=bip94');
  const params = consensusParams(regtest, { activationHeights: heights, enforceBIP94 });
  const edges = new Set(Object.values(heights).flatMap((height) => [height - 1, height]));
  // BIP 94 is about the first block of each period.
  if (enforceBIP94) for (const period of [1, 2, 3]) edges.add(period * difficultyAdjustmentInterval(params));
  return { params, args, edges };
}
