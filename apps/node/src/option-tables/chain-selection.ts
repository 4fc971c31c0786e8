import type { OptionDefinition } from '../options.ts';

/** Which chain it is. */
export const CHAIN_SELECTION_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'chain',
    argument: '=<chain>',
    category: 'chain-selection',
    help: 'The chain to follow: main, test, signet, regtest, testnet4 (default: main)',
  },
  {
    name: 'regtest',
    category: 'chain-selection',
    flags: ['debug-only'],
    help: 'Follow a private chain on which blocks are made at once. Same as -chain=regtest',
  },
  {
    name: 'signet',
    category: 'chain-selection',
    help: 'Follow the default signet chain. Same as -chain=signet',
  },
  {
    name: 'testnet',
    category: 'chain-selection',
    help: 'Follow the testnet3 chain. Same as -chain=test',
  },
  {
    name: 'testnet4',
    category: 'chain-selection',
    help: 'Follow the testnet4 chain. Same as -chain=testnet4',
  },
  {
    name: 'signetchallenge',
    argument: '=<hex>',
    category: 'chain-selection',
    flags: ['disallow-negation'],
    help:
      'The script that blocks of a signet must satisfy, in hex (default: that of the ' +
      'default signet)',
  },
  {
    name: 'vbparams',
    argument: '=<deployment:start:end[:min_activation_height]>',
    category: 'chain-selection',
    flags: ['debug-only'],
    help: 'When the version bits of a deployment count (regtest only). Can be given many times',
  },
];
