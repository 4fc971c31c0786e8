import { formatMoney } from '@btcp2p/consensus';
import { DEFAULT_MIN_RELAY_TX_FEE, type OptionDefinition } from '../options.ts';

/** What is passed on to others. */
export const RELAY_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'acceptnonstdtxn',
    category: 'relay',
    flags: ['debug-only'],
    help: 'Take and mine transactions that are not standard (test chains only, default: 0)',
    noEffect: { when: 'on', because: 'there is no mempool' },
  },
  {
    name: 'minrelaytxfee',
    argument: '=<amt>',
    category: 'relay',
    help:
      'Take a fee below this rate (BTC/kvB) for none (default: ' +
      `${formatMoney(DEFAULT_MIN_RELAY_TX_FEE)})`,
    noEffect: { when: 'set', because: 'there is no mempool' },
  },
  {
    name: 'whitelistforcerelay',
    category: 'relay',
    help: 'Where -whitelist or -whitebind name no permissions, forcerelay is one (default: 0)',
  },
  {
    name: 'whitelistrelay',
    category: 'relay',
    help: 'Where -whitelist or -whitebind name no permissions, relay is one (default: 1)',
  },
];
