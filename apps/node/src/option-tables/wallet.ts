import type { OptionDefinition } from '../options.ts';

/** Those of a wallet that scripts and tests give to every node. */
export const WALLET_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'disablewallet',
    category: 'wallet',
    help: 'Have no wallet',
    noEffect: { when: 'off', because: 'there is no wallet' },
  },
  {
    name: 'fallbackfee',
    argument: '=<amt>',
    category: 'wallet',
    help: 'The fee rate (BTC/kvB) where none can be estimated',
    noEffect: { when: 'set', because: 'there is no wallet' },
  },
  {
    name: 'keypool',
    argument: '=<n>',
    category: 'wallet',
    help: 'Keep this many keys ready',
    noEffect: { when: 'set', because: 'there is no wallet' },
  },
  {
    name: 'unsafesqlitesync',
    category: 'wallet',
    flags: ['debug-only'],
    help: 'Do not wait for the disk',
    noEffect: { when: 'on', because: 'there is no wallet' },
  },
  {
    name: 'walletnotify',
    argument: '=<cmd>',
    category: 'wallet',
    help: 'Run this command when a transaction of the wallet changes',
    noEffect: { when: 'set', because: 'there is no wallet' },
  },
];
