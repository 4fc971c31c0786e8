import { consensusParams, type BuriedDeployment, type ConsensusParams } from '@btcp2p/consensus';
import type { Rng } from '@btcp2p/machine';
import { regtest } from '@btcp2p/wire';

/** Rules of one run: ours, and the options by which bitcoind has the same. */
export interface Settings {
  readonly params: ConsensusParams;
  readonly args: readonly string[];
}

/** Core's names of deployments for `-testactivationheight`, and ours. */
const DEPLOYMENTS: readonly (readonly [string, BuriedDeployment])[] = [
  ['bip34', 'bip34'], ['dersig', 'bip66'], ['cltv', 'bip65'], ['csv', 'csv'], ['segwit', 'segwit'],
];

/** From when the rules hold, at random: in half of the runs from the start. */
export function randomSettings(rng: Rng): Settings {
  const heights: Partial<Record<BuriedDeployment, number>> = {};
  const args: string[] = [];
  if (rng.below(2) === 0) {
    for (const [name, deployment] of DEPLOYMENTS) {
      const height = 1 + rng.below(220);
      heights[deployment] = height;
      args.push(`-testactivationheight=${name}@${height}`);
    }
  }
  const enforceBIP94 = rng.below(2) === 0;
  if (enforceBIP94) args.push('-test=bip94');
  return { params: consensusParams(regtest, { activationHeights: heights, enforceBIP94 }), args };
}
