import { describe, expect, test } from '@jest/globals';
import {
  type Chain,
  hashToHex,
  mainnet,
  networks,
  regtest,
  ServiceFlags,
  serviceNames,
  sha256d,
  signet,
  testnet3,
  testnet4,
  toHex,
} from '../src/index.ts';
import { nativeSha256d } from './support/bytes.ts';

/** Core kernel/chainparams.cpp (genesis, merkle root, magic, port) and chainparamsbase.cpp (RPC). */
const EXPECTED: Readonly<Record<Chain, readonly [string, string, string, number, number]>> = {
  main: [
    '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    'f9beb4d9',
    8333,
    8332,
  ],
  test: [
    '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    '0b110907',
    18333,
    18332,
  ],
  testnet4: [
    '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
    '7aa0a7ae1e223414cb807e40cd57e667b718e42aaf9306db9102fe28912b7b4e',
    '1c163f28',
    48333,
    48332,
  ],
  signet: [
    '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
    '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    '0a03cf40',
    38333,
    38332,
  ],
  regtest: [
    '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    'fabfb5da',
    18444,
    18443,
  ],
};

describe.each(Object.values(networks))('$chain', (network) => {
  const [hash, root, magic, port, rpcPort] = EXPECTED[network.chain];

  test('genesis', () => {
    const { genesis } = network;
    expect(hashToHex(network.genesisHash)).toBe(hash);
    expect(hashToHex(genesis.hash())).toBe(hash);
    expect(hashToHex(genesis.hash(nativeSha256d))).toBe(hash);
    expect(hashToHex(genesis.header.merkleRoot)).toBe(root);
    expect(genesis.txids().map(hashToHex)).toEqual([root]);
    expect(hashToHex(genesis.wtxid(0))).toBe(root);
    expect(genesis.transaction(0).outputs[0]?.value).toBe(50n * 100_000_000n);
  });

  test('magic and ports', () => {
    expect([toHex(network.magic), network.defaultPort, network.rpcPort]).toEqual([
      magic,
      port,
      rpcPort,
    ]);
  });

  test('seeds are host names that end in a dot', () => {
    for (const seed of network.dnsSeeds) expect(seed).toMatch(/^([a-z0-9-]+\.){3,}$/);
    expect(network.dnsSeeds.length > 0).toBe(network !== regtest);
  });
});

test('networks are by chain', () => {
  expect(networks).toEqual({ main: mainnet, test: testnet3, testnet4, signet, regtest });
});

test("the default signet's magic is the start of its challenge's hash (BIP 325)", () => {
  // Core kernel/chainparams.cpp: a push of 71 bytes, 1-of-2 multisig.
  const challenge =
    '47512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430' +
    '210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae';
  expect(toHex(sha256d(Buffer.from(challenge, 'hex')).subarray(0, 4))).toBe(toHex(signet.magic));
});

describe('services', () => {
  test('flags are those of Core protocol.h', () => {
    expect(ServiceFlags).toEqual({
      NODE_NONE: 0n,
      NODE_NETWORK: 1n,
      NODE_BLOOM: 4n,
      NODE_WITNESS: 8n,
      NODE_COMPACT_FILTERS: 64n,
      NODE_NETWORK_LIMITED: 1024n,
      NODE_P2P_V2: 2048n,
    });
  });

  test('names are those of Core serviceFlagsToStr', () => {
    expect(serviceNames(0n)).toEqual([]);
    expect(serviceNames(0xc4dn)).toEqual([
      'NETWORK',
      'BLOOM',
      'WITNESS',
      'COMPACT_FILTERS',
      'NETWORK_LIMITED',
      'P2P_V2',
    ]);
    expect(serviceNames((1n << 63n) | 3n)).toEqual(['NETWORK', 'UNKNOWN[2^1]', 'UNKNOWN[2^63]']);
    expect(serviceNames(2n ** 64n - 1n)).toHaveLength(64);
  });
});
