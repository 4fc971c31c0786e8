import type { ConsensusParams } from './params.ts';

/**
 * Names of the deployments whose heights are part of the parameters, as RPC calls them (BIP 90;
 * Core `DeploymentName`, deploymentinfo.cpp).
 */
export type BuriedDeployment = 'bip34' | 'bip66' | 'bip65' | 'csv' | 'segwit';

type HeightName = 'bip34Height' | 'bip66Height' | 'bip65Height' | 'csvHeight' | 'segwitHeight';

/** Which parameter holds the height of a deployment. */
export const heightNames: Readonly<Record<BuriedDeployment, HeightName>> = {
  bip34: 'bip34Height',
  bip66: 'bip66Height',
  bip65: 'bip65Height',
  csv: 'csvHeight',
  segwit: 'segwitHeight',
};

/** The first block that a deployment holds for (Core `DeploymentHeight`, consensus/params.h). */
export function buriedDeploymentHeight(
  deployment: BuriedDeployment,
  params: ConsensusParams,
): number {
  return params[heightNames[deployment]];
}

/** Whether it holds for the block at a height (Core `DeploymentActiveAt`, deploymentstatus.h). */
export function isBuriedDeploymentActive(
  deployment: BuriedDeployment,
  height: number,
  params: ConsensusParams,
): boolean {
  return height >= buriedDeploymentHeight(deployment, params);
}
