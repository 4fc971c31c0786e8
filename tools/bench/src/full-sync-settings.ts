import type { Recipe } from '@btcp2p/chain-maker';

/** What the bench `fullsync` is to do. */
export interface FullSyncSettings {
  readonly chains: readonly Recipe[];
  /** How many runs there are of each contender. */
  readonly rounds: number;
  /** Rivals to do without: `bitcoind`, `bcoin`. */
  readonly without: readonly string[];
}

/** Chains of which everything is done within some minutes, and those of the project's goals. */
const SIZES: Readonly<Record<string, readonly Recipe[]>> = {
  small: [{ blocks: 300, transactions: 30_000 }, { blocks: 3_000, transactions: 0 }],
  full: [{ blocks: 2_000, transactions: 200_000 }, { blocks: 20_000, transactions: 0 }],
};

const RIVALS = ['bitcoind', 'bcoin'];

const DEFAULT_ROUNDS = 3;

/**
 * Reads `FULLSYNC_SIZE` (`small`, `full`, or `BLOCKS:PAYMENTS` of one chain or more, with commas between
 * them), `FULLSYNC_ROUNDS`, and `FULLSYNC_WITHOUT` (names with commas between them).
 *
 * @throws Error for what is none of that
 */
export function fullSyncSettings(
  environment: Readonly<Record<string, string | undefined>>,
): FullSyncSettings {
  const size = environment['FULLSYNC_SIZE'] || 'small';
  const rounds = Number(environment['FULLSYNC_ROUNDS'] || DEFAULT_ROUNDS);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('FULLSYNC_ROUNDS is no count');
  const without = (environment['FULLSYNC_WITHOUT'] ?? '').split(',').filter((name) => name !== '');
  if (!without.every((name) => RIVALS.includes(name))) {
    throw new Error(`FULLSYNC_WITHOUT: there are ${RIVALS.join(' and ')}`);
  }
  return { chains: SIZES[size] ?? size.split(',').map(parseChain), rounds, without };
}

function parseChain(text: string): Recipe {
  const [, blocks, transactions] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (blocks === undefined) {
    throw new Error(`FULLSYNC_SIZE=${text}: neither ${Object.keys(SIZES).join(' nor ')} nor BLOCKS:PAYMENTS`);
  }
  return { blocks: Number(blocks), transactions: Number(transactions) };
}
