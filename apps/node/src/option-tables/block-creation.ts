import { formatMoney } from '@btcp2p/consensus';
import {
  DEFAULT_BLOCK_MIN_TX_FEE,
  DEFAULT_BLOCK_RESERVED_WEIGHT,
  MAX_BLOCK_WEIGHT,
  type OptionDefinition,
} from '../options.ts';

/** What blocks are made. */
export const BLOCK_CREATION_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'blockmaxweight',
    argument: '=<n>',
    category: 'block-creation',
    flags: ['debug-only'],
    help: `Make no block heavier than this (default: ${MAX_BLOCK_WEIGHT})`,
  },
  {
    name: 'blockmintxfee',
    argument: '=<amt>',
    category: 'block-creation',
    help:
      'Put no transaction into a block that pays less than this rate (BTC/kvB, default: ' +
      `${formatMoney(DEFAULT_BLOCK_MIN_TX_FEE)})`,
    noEffect: { when: 'set', because: 'there is no mempool' },
  },
  {
    name: 'blockreservedweight',
    argument: '=<n>',
    category: 'block-creation',
    help:
      'Keep this much of the weight of a block free for its header and coinbase (default: ' +
      `${DEFAULT_BLOCK_RESERVED_WEIGHT})`,
  },
  {
    name: 'blockversion',
    argument: '=<n>',
    category: 'block-creation',
    flags: ['debug-only'],
    help: 'Make blocks of this version (regtest only)',
  },
];
