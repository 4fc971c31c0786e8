import { BlockView } from './block-view.ts';
import { genesisBlockBytes, type GenesisParts } from './genesis.ts';
import { fromHex, hashFromHex } from './hex.ts';

/** Core's names of the chains, as `-chain=` takes them. */
export type Chain = 'main' | 'test' | 'testnet4' | 'signet' | 'regtest';

/** What tells one Bitcoin network from another on the wire. */
export interface Network {
  readonly chain: Chain;
  /** The 4 bytes in front of every v1 message (Core `MessageStart`). */
  readonly magic: Uint8Array;
  /** TCP port of its nodes. */
  readonly defaultPort: number;
  /** TCP port of its nodes' JSON-RPC (Core chainparamsbase.cpp). */
  readonly rpcPort: number;
  readonly genesis: BlockView;
  /** 32 bytes in wire order. */
  readonly genesisHash: Uint8Array;
  /** Host names that resolve to addresses of nodes (Core `vSeeds`), with the final dot. */
  readonly dnsSeeds: readonly string[];
}

const TIMES = 'The Times 03/Jan/2009 Chancellor on brink of second bailout for banks';
const SATOSHI_KEY = fromHex(
  '04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6' +
    '49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f',
);

interface NetworkParts extends Pick<Network, 'chain' | 'defaultPort' | 'rpcPort' | 'dnsSeeds'> {
  readonly magic: string;
  readonly genesis: Pick<GenesisParts, 'time' | 'bits' | 'nonce'> & Partial<GenesisParts>;
  readonly genesisHash: string;
}

function network(parts: NetworkParts): Network {
  const genesis = genesisBlockBytes({ text: TIMES, publicKey: SATOSHI_KEY, ...parts.genesis });
  return {
    chain: parts.chain,
    magic: fromHex(parts.magic),
    defaultPort: parts.defaultPort,
    rpcPort: parts.rpcPort,
    genesis: BlockView.of(genesis),
    genesisHash: hashFromHex(parts.genesisHash),
    dnsSeeds: parts.dnsSeeds,
  };
}

// All values: Core kernel/chainparams.cpp and chainparamsbase.cpp.

/** The network whose coins have value. */
export const mainnet: Network = /* @__PURE__ */ network({
  chain: 'main',
  magic: 'f9beb4d9',
  defaultPort: 8333,
  rpcPort: 8332,
  genesis: { time: 1231006505, bits: 0x1d00ffff, nonce: 2083236893 },
  genesisHash: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  dnsSeeds: [
    'seed.bitcoin.sipa.be.',
    'dnsseed.bluematt.me.',
    'dnsseed.bitcoin.dashjr-list-of-p2p-nodes.us.',
    'seed.bitcoin.jonasschnelli.ch.',
    'seed.btc.petertodd.net.',
    'seed.bitcoin.sprovoost.nl.',
    'dnsseed.emzy.de.',
    'seed.bitcoin.wiz.biz.',
    'seed.mainnet.achownodes.xyz.',
  ],
});

/** The test network of 2012, whose blocks may be of least difficulty after 20 minutes. */
export const testnet3: Network = /* @__PURE__ */ network({
  chain: 'test',
  magic: '0b110907',
  defaultPort: 18333,
  rpcPort: 18332,
  genesis: { time: 1296688602, bits: 0x1d00ffff, nonce: 414098458 },
  genesisHash: '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
  dnsSeeds: [
    'testnet-seed.bitcoin.jonasschnelli.ch.',
    'seed.tbtc.petertodd.net.',
    'seed.testnet.bitcoin.sprovoost.nl.',
    'testnet-seed.bluematt.me.',
    'seed.testnet.achownodes.xyz.',
  ],
});

/** The test network of 2024 (BIP 94). */
export const testnet4: Network = /* @__PURE__ */ network({
  chain: 'testnet4',
  magic: '1c163f28',
  defaultPort: 48333,
  rpcPort: 48332,
  genesis: {
    time: 1714777860,
    bits: 0x1d00ffff,
    nonce: 393743547,
    text: '03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e',
    publicKey: new Uint8Array(33),
  },
  genesisHash: '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
  dnsSeeds: ['seed.testnet4.bitcoin.sprovoost.nl.', 'seed.testnet4.wiz.biz.'],
});

/** The default signet (BIP 325): blocks are signed by its operators. */
export const signet: Network = /* @__PURE__ */ network({
  chain: 'signet',
  magic: '0a03cf40',
  defaultPort: 38333,
  rpcPort: 38332,
  genesis: { time: 1598918400, bits: 0x1e0377ae, nonce: 52613770 },
  genesisHash: '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
  dnsSeeds: ['seed.signet.bitcoin.sprovoost.nl.', 'seed.signet.achownodes.xyz.'],
});

/** A private network on which anyone makes blocks at once. */
export const regtest: Network = /* @__PURE__ */ network({
  chain: 'regtest',
  magic: 'fabfb5da',
  defaultPort: 18444,
  rpcPort: 18443,
  genesis: { time: 1296688602, bits: 0x207fffff, nonce: 2 },
  genesisHash: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
  dnsSeeds: [],
});

/** All networks by their chain. */
export const networks: Readonly<Record<Chain, Network>> = {
  main: mainnet,
  test: testnet3,
  testnet4,
  signet,
  regtest,
};
