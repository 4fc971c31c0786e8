import { afterEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bitcoind,
  blkFile,
  blockFile,
  blockFiles,
  dataDirectory,
  dataFile,
  describeWithData,
  fromHex,
  hasData,
  headersFile,
  hexLines,
  jsonLines,
  pack,
  retargetHeaders,
  txFiles,
} from '../src/index.ts';

const environment = { ...process.env };
afterEach(() => {
  for (const name of ['BTCP2P_DATA', 'BITCOIND']) {
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
  }
});

/** The block or header hash as people write it. */
const idOf = (bytes: Uint8Array): string =>
  Buffer.from(sha256(sha256(bytes.subarray(0, 80))).toReversed()).toString('hex');
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

describe('where the data is', () => {
  test('a directory that is not there is no data', () => {
    process.env['BTCP2P_DATA'] = '/no/such/directory';
    expect(dataDirectory()).toBeUndefined();
    expect(hasData()).toBe(false);
    expect(() => dataFile('INDEX.md')).toThrow('no data at /no/such/directory (set BTCP2P_DATA)');
  });

  test('BTCP2P_DATA names it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'testdata-'));
    writeFileSync(join(directory, 'file'), 'abc');
    process.env['BTCP2P_DATA'] = directory;
    expect(dataDirectory()).toBe(directory);
    expect(dataFile('file')).toEqual(Uint8Array.of(97, 98, 99));
    expect([hasData(), hasData('file'), hasData('other')]).toEqual([true, true, false]);
    rmSync(directory, { recursive: true });
  });

  test('BITCOIND must name a file', () => {
    delete process.env['BITCOIND'];
    expect(bitcoind()).toBeUndefined();
    process.env['BITCOIND'] = '/no/such/bitcoind';
    expect(bitcoind()).toBeUndefined();
    process.env['BITCOIND'] = 'package.json';
    expect(bitcoind()).toMatch(/^\/.*package\.json$/);
  });

  test('hex is checked', () => {
    expect(fromHex(' 00ff\n')).toEqual(Uint8Array.of(0, 255));
    expect(() => fromHex('0x00')).toThrow('not hex');
    expect(() => fromHex('abc')).toThrow('not hex');
  });
});

describeWithData('the readers', () => {
  test('headers begin with the genesis block', () => {
    const headers = headersFile('mainnet_0-10236');
    expect(headers.length).toBe(10_237 * 80);
    expect(idOf(headers)).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
    expect(headersFile('alt-mainnet/alt_mainnet_headers_1-2016.bin').length).toBe(2_016 * 80);
  });

  test('retarget headers', () => {
    const headers = retargetHeaders();
    expect(headers.length).toBe(827);
    expect(headers.slice(0, 3).map(({ height }) => height)).toEqual([0, 2_015, 2_016]);
    expect(headers[0]?.header).toEqual(headersFile('mainnet_0-10236').subarray(0, 80));
  });

  test('blk files', () => {
    const early = blkFile('mainnet_blocks_first100kB');
    expect(early.length).toBe(439);
    const headers = headersFile('mainnet_0-10236');
    expect(early[438]?.subarray(0, 80)).toEqual(headers.subarray(438 * 80, 439 * 80));
    expect(blkFile('alt-mainnet/alt_mainnet_1-2016').length).toBe(2_016);
  });

  test('single blocks, in order of height, with the outputs that they spend', () => {
    const blocks = blockFiles();
    expect(blocks.length).toBe(51);
    expect(blocks[0]).toMatchObject({ name: 'main-170', network: 'main', height: 170 });
    expect(blocks.find(({ name }) => name.startsWith('540107'))?.height).toBe(540_107);
    expect(idOf(blockFile('main-170').bytes)).toBe(
      '00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee',
    );
    expect(blockFile('main-170').prevouts).toMatchObject([{ value: 5_000_000_000n }]);
    expect(blockFile('main-169482').prevouts).toBeUndefined();
    // The counts that INDEX.md gives.
    expect(blockFile('main-367891').prevouts?.length).toBe(20_817);
    expect(blockFile('test3-928848').prevouts?.length).toBe(11_215);
  });

  test('transactions, corpora and lines', () => {
    expect(txFiles().map(({ bytes }) => bytes.length)).toContain(833_225);
    expect(pack('addrv2').length).toBe(585);
    expect(pack('verify_script').length).toBe(2_767);
    const real = jsonLines<{ cmd: string }>('vectors/p2p-messages/real_messages_from_pcap.jsonl');
    expect(real.length).toBe(3_674);
    expect(hexLines('regtest/rust-bitcoinkernel_block_data.txt').length).toBe(206);
  });
});
