import { describe, expect, test } from '@jest/globals';
import {
  hashFromHex, hashToHex, mainnet, networks, regtest, signet, testnet3, testnet4, toHex,
} from '@btcp2p/wire';
import {
  ALWAYS_ACTIVE,
  BIP34_IMPLIES_BIP30_LIMIT,
  BlockScriptFlags,
  blockScriptFlagNames,
  blockScriptFlags,
  buriedDeploymentHeight,
  consensusParams,
  enforcesBip30,
  isBip30Repeat,
  isBip30Unspendable,
  isBuriedDeploymentActive,
  NEVER_ACTIVE,
  NO_TIMEOUT,
  parseTestActivationHeight,
  parseVersionBitsParameters,
  signetMagic,
  type BuriedDeployment,
  type ConsensusParams,
} from '../src/index.ts';
import { nativeSha256d } from './support.ts';

const main = consensusParams(mainnet);
const NO_HASH = new Uint8Array(32);
const ANY_HASH = new Uint8Array(32).fill(1);

// Heights, hashes and flags below: Core kernel/chainparams.cpp and validation.cpp.

describe('script flags', () => {
  const names = (height: number, params: ConsensusParams, hash: Uint8Array = ANY_HASH): string =>
    blockScriptFlagNames(blockScriptFlags(height, hash, params)).join(' ');

  test('of mainnet come one by one, but for those that hold from genesis on', () => {
    expect(names(0, main)).toBe('P2SH WITNESS TAPROOT');
    expect(names(363_724, main)).toBe('P2SH WITNESS TAPROOT');
    expect(names(363_725, main)).toBe('P2SH DERSIG WITNESS TAPROOT');
    expect(names(388_380, main)).toBe('P2SH DERSIG WITNESS TAPROOT');
    expect(names(388_381, main)).toBe('P2SH DERSIG CHECKLOCKTIMEVERIFY WITNESS TAPROOT');
    expect(names(419_328, main)).toBe(
      'P2SH DERSIG CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY WITNESS TAPROOT',
    );
    const all = 'P2SH DERSIG NULLDUMMY CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY WITNESS TAPROOT';
    expect(names(481_823, main)).not.toBe(all);
    for (const height of [481_824, 709_632, 900_000]) expect(names(height, main)).toBe(all);
    for (const network of [testnet4, signet, regtest]) {
      expect(names(1, consensusParams(network))).toBe(all);
    }
  });

  test('spare three blocks, wherever they stand', () => {
    const bip16 = hashFromHex('00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22');
    const taproot = hashFromHex('0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad');
    const test16 = hashFromHex('00000000dd30457c001f4095d208cc1296b0eed002427aa599874af7a432b105');
    expect(blockScriptFlags(170_060, bip16, main)).toBe(BlockScriptFlags.NONE);
    expect(names(692_261, main, taproot)).toBe(
      'P2SH DERSIG NULLDUMMY CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY WITNESS',
    );
    // What comes with a height comes to them too.
    expect(names(363_725, main, bip16)).toBe('DERSIG');
    expect(names(0, consensusParams(testnet3), test16)).toBe('');
    expect(names(0, consensusParams(testnet3), bip16)).toBe('P2SH WITNESS TAPROOT');
    expect(names(0, main, test16)).toBe('P2SH WITNESS TAPROOT');
  });

  // Core script/interpreter.h, script_verify_flag_name.
  test('have Core’s bits', () => {
    expect(BlockScriptFlags).toEqual({
      NONE: 0,
      P2SH: 0x1,
      DERSIG: 0x4,
      NULLDUMMY: 0x10,
      CHECKLOCKTIMEVERIFY: 0x200,
      CHECKSEQUENCEVERIFY: 0x400,
      WITNESS: 0x800,
      TAPROOT: 0x2_0000,
    });
    expect(blockScriptFlags(900_000, ANY_HASH, main)).toBe(0x2_0e15);
  });
});

describe('deployments', () => {
  const buried: Readonly<Record<BuriedDeployment, readonly number[]>> = {
    bip34: [227_931, 21_111, 1, 1, 1],
    bip65: [388_381, 581_885, 1, 1, 1],
    bip66: [363_725, 330_776, 1, 1, 1],
    csv: [419_328, 770_112, 1, 1, 1],
    segwit: [481_824, 834_624, 1, 1, 0],
  };
  const all = [mainnet, testnet3, testnet4, signet, regtest].map((network) =>
    consensusParams(network),
  );

  test.each(Object.entries(buried))('%s is buried', (name, heights) => {
    const deployment = name as BuriedDeployment;
    for (const [i, params] of all.entries()) {
      const height = heights[i]!;
      expect(buriedDeploymentHeight(deployment, params)).toBe(height);
      expect(isBuriedDeploymentActive(deployment, height, params)).toBe(true);
      expect(isBuriedDeploymentActive(deployment, height - 1, params)).toBe(false);
    }
  });

  test('taproot and testdummy are not', () => {
    const taproot = all.map(({ deployments }) => deployments.taproot);
    expect(taproot.map(({ startTime }) => startTime)).toEqual([
      1_619_222_400n, 1_619_222_400n, ALWAYS_ACTIVE, ALWAYS_ACTIVE, ALWAYS_ACTIVE,
    ]);
    expect(taproot.map(({ timeout }) => timeout)).toEqual([
      1_628_640_000n, 1_628_640_000n, NO_TIMEOUT, NO_TIMEOUT, NO_TIMEOUT,
    ]);
    expect(taproot.map(({ minActivationHeight }) => minActivationHeight)).toEqual([
      709_632, 0, 0, 0, 0,
    ]);
    const testdummy = all.map(({ deployments }) => deployments.testdummy);
    expect(testdummy.map(({ startTime }) => startTime)).toEqual([
      NEVER_ACTIVE, NEVER_ACTIVE, NEVER_ACTIVE, NEVER_ACTIVE, 0n,
    ]);
    for (const [i, deployment] of taproot.entries()) {
      const other = testdummy[i]!;
      expect([deployment.bit, other.bit]).toEqual([2, 28]);
      expect([other.timeout, other.minActivationHeight]).toEqual([NO_TIMEOUT, 0]);
      const [period, threshold] = [[2_016, 1_815], [2_016, 1_512], [2_016, 1_512],
        [2_016, 1_815], [144, 108]][i]!;
      expect([deployment.period, deployment.threshold]).toEqual([period, threshold]);
      expect([other.period, other.threshold]).toEqual([period, threshold]);
    }
    expect(all.map(({ minBip9WarningHeight }) => minBip9WarningHeight)).toEqual([
      483_840, 836_640, 0, 0, 0,
    ]);
  });
});

describe('options', () => {
  test('move what is buried on regtest, and nowhere else', () => {
    const activationHeights = { bip34: 2, segwit: 165, csv: 432, bip65: 7, bip66: 8 };
    const params = consensusParams(regtest, { activationHeights });
    expect(params).toEqual({
      ...consensusParams(regtest),
      bip34Height: 2,
      segwitHeight: 165,
      csvHeight: 432,
      bip65Height: 7,
      bip66Height: 8,
    });
    expect(blockScriptFlagNames(blockScriptFlags(7, ANY_HASH, params))).toEqual([
      'P2SH', 'CHECKLOCKTIMEVERIFY', 'WITNESS', 'TAPROOT',
    ]);
    const signetChallenge = Uint8Array.of(0x51);
    for (const network of Object.values(networks)) {
      expect(consensusParams(network)).toBe(consensusParams(network, {}));
      if (network === regtest) continue;
      expect(consensusParams(network, { activationHeights, enforceBIP94: true })).toEqual(
        consensusParams(network),
      );
    }
    expect(consensusParams(regtest, { signetChallenge })).toEqual(consensusParams(regtest));
    expect(consensusParams(regtest, { enforceBIP94: true }).enforceBIP94).toBe(true);
  });

  test('set the times of a deployment', () => {
    const versionBits = { taproot: { startTime: 5n, timeout: 9n } };
    const { deployments } = consensusParams(regtest, { versionBits });
    const own = consensusParams(regtest).deployments;
    expect(deployments).toEqual({ ...own, taproot: { ...own.taproot, startTime: 5n, timeout: 9n } });
    expect(own.taproot.startTime).toBe(ALWAYS_ACTIVE);
  });

  test('name another signet, of which nothing is known yet', () => {
    const own = consensusParams(signet);
    expect(own.minimumChainWork).toBeGreaterThan(0n);
    // 1 of 2 keys, and the network's magic says that it is these (BIP 325).
    expect(own.signetChallenge?.length).toBe(71);
    expect(signetMagic(own.signetChallenge!)).toEqual(signet.magic);
    const signetChallenge = Uint8Array.of(0x51);
    expect(consensusParams(signet, { signetChallenge })).toEqual({
      ...own,
      signetChallenge,
      minimumChainWork: 0n,
      defaultAssumeValid: NO_HASH,
    });
    // SHA-256d of a length byte and the challenge.
    const hash = nativeSha256d(Uint8Array.of(1, 0x51));
    expect(signetMagic(signetChallenge)).toEqual(Uint8Array.from(hash.subarray(0, 4)));
    for (const network of [mainnet, testnet3, testnet4, regtest]) {
      expect(consensusParams(network).signetChallenge).toBeUndefined();
    }
  });

  // Core chainparams.cpp, ReadRegTestArgs; test/functional/rpc_blockchain.py has the first three.
  test.each([
    ['name@2', 'Invalid name (name@2) for -testactivationheight=name@height.'],
    ['bip34@-2', 'Invalid height value (bip34@-2) for -testactivationheight=name@height.'],
    ['', 'Invalid format () for -testactivationheight=name@height.'],
    ['csv', 'Invalid format (csv) for -testactivationheight=name@height.'],
    ['bip65@1', 'Invalid name (bip65@1) for -testactivationheight=name@height.'],
    ['csv@', 'Invalid height value (csv@) for -testactivationheight=name@height.'],
    ['csv@1@2', 'Invalid height value (csv@1@2) for -testactivationheight=name@height.'],
    ['csv@ 1', 'Invalid height value (csv@ 1) for -testactivationheight=name@height.'],
    ['csv@+1', 'Invalid height value (csv@+1) for -testactivationheight=name@height.'],
    ['csv@2147483647', 'Invalid height value (csv@2147483647) for -testactivationheight=name@height.'],
    ['name@x', 'Invalid height value (name@x) for -testactivationheight=name@height.'],
  ])('-testactivationheight=%s is refused', (argument, error) => {
    expect(parseTestActivationHeight(argument)).toEqual({ status: 'invalid', error });
  });

  test.each([
    ['bip34@2', 'bip34', 2],
    ['dersig@0', 'bip66', 0],
    ['cltv@1351', 'bip65', 1_351],
    ['csv@0432', 'csv', 432],
    ['segwit@2147483646', 'segwit', 2_147_483_646],
  ])('-testactivationheight=%s is taken', (argument, deployment, height) => {
    expect(parseTestActivationHeight(argument)).toEqual({ status: 'ok', deployment, height });
  });

  const malformed =
    'Version bits parameters malformed, expecting deployment:start:end[:min_activation_height]';
  test.each([
    ['', malformed],
    ['testdummy:1', malformed],
    ['testdummy:1:2:3:4', malformed],
    ['testdummy:x:2', 'Invalid nStartTime (x)'],
    ['testdummy:1:', 'Invalid nTimeout ()'],
    ['testdummy:1:9223372036854775808', 'Invalid nTimeout (9223372036854775808)'],
    ['testdummy:1:2:', 'Invalid min_activation_height ()'],
    ['segwit:1:2', 'Invalid deployment (segwit)'],
  ])('-vbparams=%s is refused', (argument, error) => {
    expect(parseVersionBitsParameters(argument)).toEqual({ status: 'invalid', error });
  });

  test.each([
    ['testdummy:-2:0', 'testdummy', -2n, 0n, 0],
    ['taproot:1:9223372036854775807:432', 'taproot', 1n, NO_TIMEOUT, 432],
    // The height has 32 bits.
    ['taproot:1:2:4294967297', 'taproot', 1n, 2n, 1],
  ])('-vbparams=%s is taken', (argument, deployment, startTime, timeout, minActivationHeight) => {
    expect(parseVersionBitsParameters(argument)).toEqual({
      status: 'ok',
      deployment,
      parameters: { startTime, timeout, minActivationHeight },
    });
  });
});

describe('parameters', () => {
  test('name the first block', () => {
    for (const network of Object.values(networks)) {
      expect(consensusParams(network).genesisHash).toEqual(network.genesisHash);
    }
  });

  // Core src/test/validation_tests.cpp, test_assumeutxo, and kernel/chainparams.cpp.
  test('list the snapshots of coins', () => {
    const heights = Object.values(networks).map((network) => [
      network.chain,
      consensusParams(network).assumeutxo.map(({ height }) => height),
    ]);
    expect(Object.fromEntries(heights)).toEqual({
      main: [840_000, 880_000, 910_000],
      test: [2_500_000],
      testnet4: [90_000],
      signet: [160_000],
      regtest: [110, 200, 299],
    });
    const [first] = consensusParams(regtest).assumeutxo;
    expect(hashToHex(first!.hashSerialized)).toBe(
      'b952555c8ab81fec46f3d4253b7af256d766ceb39fb7752b9d18cdf4a0141327',
    );
    expect(hashToHex(first!.blockHash)).toBe(
      '6affe030b7965ab538f820a56ef56c8149b7dc1d1c144af57113be080db7c397',
    );
    expect(first!.chainTxCount).toBe(111);
    const hashes = Object.values(networks).flatMap((network) =>
      consensusParams(network).assumeutxo.flatMap(({ blockHash, hashSerialized }) => [
        blockHash, hashSerialized,
      ]),
    );
    expect(new Set(hashes.map(toHex)).size).toBe(18);
    expect(hashes.every(({ length }) => length === 32)).toBe(true);
  });
});

// Core validation.cpp, IsBIP30Repeat, IsBIP30Unspendable and ConnectBlock.
describe('BIP 30', () => {
  const repeats = [
    [91_842, '00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec'],
    [91_880, '00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721'],
  ] as const;
  const lost = [
    [91_722, '00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e'],
    [91_812, '00000000000af0aed4792b1acee3d966af36cf5def14935db8de83d6f9306f2f'],
  ] as const;
  const onMainnet = (height: number): Uint8Array => {
    expect(height).toBe(227_931);
    return main.bip34Hash;
  };
  const elsewhere = (): Uint8Array => ANY_HASH;
  const unasked = (): never => {
    throw new Error('asked');
  };

  test('does not hold for two blocks, and only for those', () => {
    for (const [height, hex] of repeats) {
      const hash = hashFromHex(hex);
      expect(isBip30Repeat(height, hash)).toBe(true);
      expect(isBip30Repeat(height + 1, hash)).toBe(false);
      expect(isBip30Repeat(height, ANY_HASH)).toBe(false);
      expect(isBip30Unspendable(height, hash)).toBe(false);
      expect(enforcesBip30(height, hash, unasked, main)).toBe(false);
      expect(enforcesBip30(height, ANY_HASH, unasked, main)).toBe(true);
    }
    for (const [height, hex] of lost) {
      const hash = hashFromHex(hex);
      expect(isBip30Unspendable(height, hash)).toBe(true);
      expect(isBip30Unspendable(height - 1, hash)).toBe(false);
      expect(isBip30Unspendable(height, ANY_HASH)).toBe(false);
      expect(enforcesBip30(height, hash, unasked, main)).toBe(true);
    }
  });

  test('need not be checked above BIP 34, on the chain that is known', () => {
    // The parent of the block must have the height of BIP 34 for the shortcut.
    expect(enforcesBip30(227_931, ANY_HASH, unasked, main)).toBe(true);
    expect(enforcesBip30(227_932, ANY_HASH, onMainnet, main)).toBe(false);
    expect(enforcesBip30(227_932, ANY_HASH, elsewhere, main)).toBe(true);
    expect(enforcesBip30(BIP34_IMPLIES_BIP30_LIMIT - 1, ANY_HASH, onMainnet, main)).toBe(false);
    expect(enforcesBip30(BIP34_IMPLIES_BIP30_LIMIT, ANY_HASH, unasked, main)).toBe(true);
  });

  test('is always checked where no block of BIP 34 is known', () => {
    for (const network of [testnet4, signet, regtest]) {
      const params = consensusParams(network);
      expect(params.bip34Hash).toEqual(NO_HASH);
      for (const height of [1, 2, 1_000]) {
        expect(enforcesBip30(height, ANY_HASH, elsewhere, params)).toBe(true);
      }
    }
    const testnet = consensusParams(testnet3);
    expect(enforcesBip30(21_112, ANY_HASH, () => testnet.bip34Hash, testnet)).toBe(false);
  });
});
