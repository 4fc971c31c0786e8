import { expect, test } from '@jest/globals';

import { loadBcoin } from '../src/index.ts';
import type { BcoinPacket } from '../src/index.ts';
import { describeBcoin } from './support.ts';

/** The genesis block of the main network: Core, chainparams.cpp, CreateGenesisBlock. */
const GENESIS_HEX =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e' +
  '67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c01010000000100000000000000000000' +
  '00000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f' +
  '4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f75742066' +
  '6f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a6' +
  '7962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';
const GENESIS_HASH = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f';
const GENESIS_TXID = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';

describeBcoin('loadBcoin', () => {
  const genesis = (): Uint8Array => new Uint8Array(Buffer.from(GENESIS_HEX, 'hex'));

  test('decodes and encodes a block', () => {
    const bcoin = loadBcoin();
    expect(bcoin.version).toBe('1.0.2');
    const block = bcoin.Block.fromRaw(bcoin.buffer(genesis()));
    expect(block.rhash()).toBe(GENESIS_HASH);
    expect(block.txs.map((tx) => tx.txid())).toEqual([GENESIS_TXID]);
    expect(block.verifyBody()).toBe(true);
    block.refresh(true);
    expect([...block.toRaw()]).toEqual([...genesis()]);
  });

  test('decodes a header', () => {
    const bcoin = loadBcoin();
    const header = bcoin.Headers.fromRaw(bcoin.buffer(genesis().subarray(0, 81)));
    expect(header.rhash()).toBe(GENESIS_HASH);
    expect(header.verifyPOW()).toBe(true);
  });

  test('frames and parses a message', () => {
    const bcoin = loadBcoin();
    const message = new bcoin.Framer('main').packet('block', bcoin.buffer(genesis()));
    expect(message.length).toBe(24 + genesis().length);
    expect([...message.subarray(0, 4)]).toEqual([0xf9, 0xbe, 0xb4, 0xd9]);
    const packets: BcoinPacket[] = [];
    const errors: string[] = [];
    const parser = new bcoin.Parser('main');
    parser.on('packet', (packet) => packets.push(packet));
    parser.on('error', (error) => errors.push(error.message));
    parser.feed(message.subarray(0, 100));
    expect(packets).toEqual([]);
    parser.feed(message.subarray(100));
    expect(packets.map(({ cmd }) => cmd)).toEqual(['block']);
    message[23]! ^= 1;
    parser.feed(message);
    expect(errors).toEqual([expect.stringContaining('Invalid checksum')]);
  });

  test('makes compact blocks', () => {
    const bcoin = loadBcoin();
    const block = bcoin.Block.fromRaw(bcoin.buffer(genesis()));
    const compact = bcoin.CompactBlock.fromBlock(block, true);
    expect(bcoin.CompactBlock.fromRaw(compact.toRaw()).rhash()).toBe(GENESIS_HASH);
  });

  test('is loaded once, with one backend', () => {
    expect(loadBcoin()).toBe(loadBcoin('node'));
    expect(() => loadBcoin('js')).toThrow("already loaded with the 'node' backend");
  });
});
