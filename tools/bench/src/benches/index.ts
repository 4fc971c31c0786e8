import type { Bench } from '../bench.ts';
import { blocksync } from './blocksync.ts';
import { bulk } from './bulk.ts';
import { filters } from './filters.ts';
import { fullsync } from './fullsync.ts';
import { handshake } from './handshake.ts';
import { headers } from './headers.ts';
import { headersync } from './headersync.ts';
import { keyvalue } from './key-value.ts';
import { script } from './script.ts';
import { v2transport } from './v2-transport.ts';
import { wire } from './wire.ts';

/** All benches, in the order in which they run. */
export const benches: readonly Bench[] = [
  wire, v2transport, handshake, headers, filters, script, headersync, blocksync, bulk, keyvalue, fullsync,
];
