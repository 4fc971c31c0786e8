import { BLOCK_CREATION_OPTIONS } from './option-tables/block-creation.ts';
import { CHAIN_SELECTION_OPTIONS } from './option-tables/chain-selection.ts';
import { CONNECTION_OPTIONS } from './option-tables/connection.ts';
import { DEBUG_OPTIONS } from './option-tables/debug.ts';
import { GENERAL_OPTIONS } from './option-tables/general.ts';
import { RELAY_OPTIONS } from './option-tables/relay.ts';
import { RPC_OPTIONS } from './option-tables/rpc.ts';
import { WALLET_OPTIONS } from './option-tables/wallet.ts';
import type { OptionDefinition } from './options.ts';

/**
 * Every option there is. A name that is also bitcoind's means what it means there (Core init.cpp
 * `SetupServerArgs`, init/common.cpp, chainparamsbase.cpp). Nothing is accepted that does nothing
 * without saying so: an option comes in here together with the code that obeys it, or the log says
 * that it has no effect (`option-effects.ts`).
 */
export const OPTIONS: readonly OptionDefinition[] = [
  ...GENERAL_OPTIONS,
  ...CONNECTION_OPTIONS,
  ...WALLET_OPTIONS,
  ...DEBUG_OPTIONS,
  ...CHAIN_SELECTION_OPTIONS,
  ...RELAY_OPTIONS,
  ...BLOCK_CREATION_OPTIONS,
  ...RPC_OPTIONS,
];
