import { hashFromHex, type Network } from '@btcp2p/wire';

/** What a chain's rules depend on (Core `Consensus::Params`, consensus/params.h). */
export interface ConsensusParams {
  readonly chain: Network['chain'];
  /** The easiest target that a header may claim. */
  readonly powLimit: bigint;
  /** How long the blocks of one retarget period should take, seconds. */
  readonly powTargetTimespan: number;
  /** How long one block should take, seconds. */
  readonly powTargetSpacing: number;
  /** Whether a block 20 minutes after its parent must have the easiest target. */
  readonly powAllowMinDifficultyBlocks: boolean;
  /** Whether BIP 94 holds: retarget from the period's first bits, and no time warp. */
  readonly enforceBIP94: boolean;
  /** Whether the target never changes at the end of a period. */
  readonly powNoRetargeting: boolean;
  /** First block whose coinbase starts with its height, and whose version is at least 2 (BIP 34). */
  readonly bip34Height: number;
  /** First block of a version of at least 4 (BIP 65). */
  readonly bip65Height: number;
  /** First block of a version of at least 3 (BIP 66). */
  readonly bip66Height: number;
  /** First block whose lock times are compared with the median time past (BIP 68, 112, 113). */
  readonly csvHeight: number;
  /** First block that may commit to witnesses (BIP 141). */
  readonly segwitHeight: number;
  /** Blocks after which the subsidy halves. */
  readonly subsidyHalvingInterval: number;
  /** The work that the best chain is known to have, so that a poorer one is not believed. */
  readonly minimumChainWork: bigint;
  /** A block whose ancestors' scripts are taken as valid: its hash in wire order; all 0 for none. */
  readonly defaultAssumeValid: Uint8Array;
  /** How headers are synchronised against cheap chains (Core `HeadersSyncParams`). */
  readonly headersSync: {
    /** One header in so many leaves one bit of commitment in memory. */
    readonly commitmentPeriod: number;
    /** Headers that are downloaded again before any is accepted. */
    readonly redownloadBufferSize: number;
  };
}

const TWO_WEEKS = 14 * 24 * 60 * 60;

/** What the networks other than regtest share. */
const COMMON = {
  powTargetTimespan: TWO_WEEKS,
  powTargetSpacing: 10 * 60,
  powAllowMinDifficultyBlocks: false,
  enforceBIP94: false,
  powNoRetargeting: false,
  subsidyHalvingInterval: 210_000,
};

/** BIP 34, 65, 66, 68 and 141 hold from the first block after genesis. */
const ACTIVE_FROM_1 = {
  bip34Height: 1,
  bip65Height: 1,
  bip66Height: 1,
  csvHeight: 1,
  segwitHeight: 1,
};

/** 224 ones: the target of difficulty 1, before its bits round it down. */
const POW_LIMIT = (1n << 224n) - 1n;

// All values: Core kernel/chainparams.cpp.

const main: ConsensusParams = {
  ...COMMON,
  chain: 'main',
  powLimit: POW_LIMIT,
  bip34Height: 227_931,
  bip65Height: 388_381,
  bip66Height: 363_725,
  csvHeight: 419_328,
  segwitHeight: 481_824,
  minimumChainWork: 0xdee8_e2a3_09ad_8a98_2043_3c68n,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '00000000000000000000611fd22f2df7c8fbd0688745c3a6c3bb5109cc2a12cb',
  ),
  headersSync: { commitmentPeriod: 632, redownloadBufferSize: 15_009 },
};

const test: ConsensusParams = {
  ...COMMON,
  chain: 'test',
  powLimit: POW_LIMIT,
  powAllowMinDifficultyBlocks: true,
  bip34Height: 21_111,
  bip65Height: 581_885,
  bip66Height: 330_776,
  csvHeight: 770_112,
  segwitHeight: 834_624,
  minimumChainWork: 0x16dd_270d_d94f_ac1d_7632n,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '0000000000000065c6c38258e201971a3fdfcc2ceee0dd6e85a6c022d45dee34',
  ),
  headersSync: { commitmentPeriod: 628, redownloadBufferSize: 13_460 },
};

const testnet4: ConsensusParams = {
  ...COMMON,
  ...ACTIVE_FROM_1,
  chain: 'testnet4',
  powLimit: POW_LIMIT,
  powAllowMinDifficultyBlocks: true,
  enforceBIP94: true,
  minimumChainWork: 0x034a_4690_fe59_2dc4_9c7cn,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '000000000000000180a58e7fa3b0db84b5ea76377524894f53660d93ac839d9b',
  ),
  headersSync: { commitmentPeriod: 275, redownloadBufferSize: 7_017 },
};

const signet: ConsensusParams = {
  ...COMMON,
  ...ACTIVE_FROM_1,
  chain: 'signet',
  powLimit: 0x0377_aen << 216n,
  minimumChainWork: 0x067d_328e_681an,
  defaultAssumeValid: /* @__PURE__ */ hashFromHex(
    '000000128586e26813922680309f04e1de713c7542fee86ed908f56368aefe2e',
  ),
  headersSync: { commitmentPeriod: 390, redownloadBufferSize: 9_584 },
};

const regtest: ConsensusParams = {
  ...COMMON,
  ...ACTIVE_FROM_1,
  chain: 'regtest',
  powLimit: (1n << 255n) - 1n,
  powTargetTimespan: 24 * 60 * 60,
  powAllowMinDifficultyBlocks: true,
  powNoRetargeting: true,
  segwitHeight: 0,
  subsidyHalvingInterval: 150,
  minimumChainWork: 0n,
  defaultAssumeValid: new Uint8Array(32),
  headersSync: { commitmentPeriod: 275, redownloadBufferSize: 7_017 },
};

const byChain: Readonly<Record<Network['chain'], ConsensusParams>> = {
  main,
  test,
  testnet4,
  signet,
  regtest,
};

/**
 * The parameters of a network. Spread them to change one, as Core's `-testactivationheight` and
 * `-test=bip94` do on regtest: `{ ...consensusParams(regtest), segwitHeight: 432 }`.
 */
export function consensusParams(network: Network): ConsensusParams {
  return byChain[network.chain];
}

/** Blocks of one retarget period: 2,016, on regtest 144 (Core `DifficultyAdjustmentInterval`). */
export function difficultyAdjustmentInterval(params: ConsensusParams): number {
  return Math.floor(params.powTargetTimespan / params.powTargetSpacing);
}
