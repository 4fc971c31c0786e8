/**
 * Names of the deployments whose state comes from the versions of blocks (BIP 9), as RPC and
 * `-vbparams` call them (Core `VersionBitsDeploymentInfo`, deploymentinfo.cpp).
 */
export type VersionBitsDeployment = 'testdummy' | 'taproot';

/** All {@link VersionBitsDeployment} names, in Core's order. */
export const versionBitsDeployments: readonly VersionBitsDeployment[] = ['testdummy', 'taproot'];

/**
 * A change of rules that blocks signal for with a bit of their version (BIP 9, with the activation
 * height of BIP 341; Core `BIP9Deployment`, consensus/params.h).
 */
export interface Bip9Deployment {
  /** Which bit of the version, 0 to 28. */
  readonly bit: number;
  /**
   * Signalling starts with the first period after a median time past of at least this, Unix
   * seconds; or {@link ALWAYS_ACTIVE} or {@link NEVER_ACTIVE}. Signed 64 bits.
   */
  readonly startTime: bigint;
  /** Without lock-in, a period that ends at or after this median time past is the last one. */
  readonly timeout: bigint;
  /** Once locked in, it is not active below this height. */
  readonly minActivationHeight: number;
  /** Blocks of a period. */
  readonly period: number;
  /** How many blocks of one period have to signal. */
  readonly threshold: number;
}

/** Start time of a deployment that is active from genesis on (Core `BIP9Deployment::ALWAYS_ACTIVE`). */
export const ALWAYS_ACTIVE = -1n;

/** Start time of a deployment that never is (Core `BIP9Deployment::NEVER_ACTIVE`). */
export const NEVER_ACTIVE = -2n;

/** A timeout that is never reached (Core `BIP9Deployment::NO_TIMEOUT`): the largest int64. */
export const NO_TIMEOUT = 0x7fff_ffff_ffff_ffffn;
