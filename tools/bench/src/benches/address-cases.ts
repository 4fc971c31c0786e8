import type { Bcoin } from '@btcp2p/bcoin-peer';
import { SeededRng } from '@btcp2p/machine';
import {
  Addr, AddrV2, decode, encode, MAX_ADDR_TO_SEND, type AddressNetwork, type Codec,
} from '@btcp2p/wire';
import type { Case, Contender } from '../bench.ts';
import { digest } from '../digest.ts';
import { timed } from '../timed.ts';
import { microsecondsEach } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Bytes of an address of each network, BIP 155. */
const SIZES: readonly (readonly [network: AddressNetwork, size: number])[] = [
  ['ipv4', 4], ['ipv6', 16], ['torv3', 32], ['i2p', 32], ['cjdns', 16],
];

/** Messages of 1,000 addresses, of all networks (`addrv2`) and of IPv4 and IPv6 (`addr`). */
export function addressCases(bcoin: Bcoin | undefined): Case[] {
  const addresses = makeAddresses(SIZES);
  return [
    {
      ...roundTrip('addrv2 of 1,000', AddrV2, { addresses }),
      method:
        'decodes a payload and encodes what came out, 200 entries of each network of BIP 155. No ' +
        'rival here has addrv2.',
    },
    {
      ...roundTrip('addr of 1,000', Addr, { addresses: makeAddresses(SIZES.slice(0, 2)) }, bcoin),
      method: 'the same for `addr`, half IPv4 and half IPv6. bcoin makes a string of each address.',
    },
  ];
}

function roundTrip<T>(name: string, codec: Codec<T>, message: T, bcoin?: Bcoin): Omit<Case, 'method'> {
  const payload = encode(codec, message);
  return {
    name: `${name}, decode + encode`,
    unit: microsecondsEach('message', 1),
    ours: timed({
      name: OURS,
      run: () => encode(codec, decode(codec, payload)),
      answer: (bytes) => digest([bytes]),
    }),
    rivals: bcoin === undefined ? [] : [byBcoin(bcoin, payload)],
  };
}

function byBcoin(bcoin: Bcoin, payload: Uint8Array): Contender {
  const buffer = bcoin.buffer(payload);
  return timed({
    name: 'bcoin',
    version: bcoin.version,
    run: () => bcoin.packets.fromRaw('addr', buffer).toRaw(),
    answer: (bytes) => digest([bytes]),
  });
}

function makeAddresses(sizes: typeof SIZES): Addr['addresses'] {
  const rng = new SeededRng(2n);
  return Array.from({ length: MAX_ADDR_TO_SEND }, (_, i) => {
    const [network, size] = sizes[i % sizes.length]!;
    const bytes = rng.bytes(size);
    return { time: 1_700_000_000 + i, services: 1033n, address: { network, bytes, port: 8333 } };
  });
}
