// A small vector for each message, taken from or checked by hand against the source that its name
// gives: the BIPs, Bitcoin Core's tests and protocol.h, or the developer reference.
import { describe, expect, test } from '@jest/globals';
import {
  BlockView,
  decodeMessage,
  DecodeError,
  encodeMessage,
  isMessageType,
  mainnet,
  type Message,
  messages,
  type MessageType,
  type NetAddress,
  payloadSize,
  regtest,
  toHex,
  type Transaction,
  TransactionView,
  unspecifiedAddress,
} from '../src/index.ts';
import { hex } from './support/bytes.ts';

const ipv4 = (...bytes: number[]): Pick<NetAddress, 'network' | 'bytes'> => ({
  network: 'ipv4',
  bytes: Uint8Array.from(bytes),
});
const LOCALHOST_6 = hex('00000000000000000000000000000001');
const H1 = hex('01'.repeat(32));
const H2 = hex('02'.repeat(32));

/** Core test/data/tx_valid.json, "Valid P2WPKH". */
const SEGWIT_HEX = `01000000 0001 01 00010000000000000000000000000000000000000000000000000000000000
  00 00000000 00 ffffffff 01 e803000000000000 19 76a9144c9c3dfac4207d5d8cb89df5722cb3d712385e3f88ac
  02 48 3045022100cfb07164b36ba64c1b1e8c7720a56ad64d96f6ef332d3d37f9cb3c96477dc44502200a464cd7a9cf94
  cd70f66ce4f4f0625ef650052c7afcfe29d7d7e01830ff91ed01
  21 03596d3451025c19dbbdeb932d6bf8bfb4ad499b95b6f88db8899efac102e5fc71 00000000`;
const SEGWIT: Transaction = {
  version: 1,
  inputs: [
    {
      prevout: { txid: hex(`0001${'00'.repeat(30)}`), index: 0 },
      scriptSig: hex(''),
      sequence: 0xffffffff,
      witness: [
        hex(`3045022100cfb07164b36ba64c1b1e8c7720a56ad64d96f6ef332d3d37f9cb3c96477dc44502200a464cd7a9
          cf94cd70f66ce4f4f0625ef650052c7afcfe29d7d7e01830ff91ed01`),
        hex('03596d3451025c19dbbdeb932d6bf8bfb4ad499b95b6f88db8899efac102e5fc71'),
      ],
    },
  ],
  outputs: [
    { value: 1000n, scriptPubKey: hex('76a9144c9c3dfac4207d5d8cb89df5722cb3d712385e3f88ac') },
  ],
  lockTime: 0,
};

/** The smallest transaction that Core reads: nothing in it. */
const NULL_TX_HEX = '02000000 00 00 00000000';
const NULL_TX: Transaction = { version: 2, inputs: [], outputs: [], lockTime: 0 };
const SEGWIT_VIEW = TransactionView.from(SEGWIT);
const NULL_TX_VIEW = TransactionView.from(NULL_TX);

/** Mainnet's genesis header, field by field (Core kernel/chainparams.cpp). */
const HEADER_HEX = `01000000 ${'00'.repeat(32)}
  3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a 29ab5f49 ffff001d 1dac2b7c`;
const HEADER = {
  version: 1,
  prevBlockHash: new Uint8Array(32),
  merkleRoot: hex('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a'),
  time: 1231006505,
  bits: 0x1d00ffff,
  nonce: 2083236893,
};

type Vector = readonly [name: string, message: Message, payload: string];

const DEVELOPER_REFERENCE = 'developer.bitcoin.org/reference/p2p_networking.html';

const VECTORS: readonly Vector[] = [
  [
    DEVELOPER_REFERENCE,
    {
      type: 'version',
      payload: {
        version: 70002,
        services: 1n,
        timestamp: 1415483324n,
        receiver: { services: 1n, ...ipv4(198, 27, 100, 9), port: 8333 },
        sender: { services: 1n, ...ipv4(203, 0, 113, 192), port: 8333 },
        nonce: 0xf85379c9cb358012n,
        userAgent: '/Satoshi:0.9.3/',
        startHeight: 329167,
        relay: true,
      },
    },
    `72110100 0100000000000000 bc8f5e5400000000
     0100000000000000 00000000000000000000ffffc61b6409 208d
     0100000000000000 00000000000000000000ffffcb0071c0 208d
     128035cbc97953f8 0f 2f5361746f7368693a302e392e332f cf050500 01`,
  ],
  [
    'as Core 30 sends it: zeros for both addresses, relay off',
    {
      type: 'version',
      payload: {
        version: 70016,
        services: 0xc09n,
        timestamp: -1n,
        receiver: unspecifiedAddress,
        sender: { ...unspecifiedAddress, services: 0xc09n },
        nonce: 2n ** 64n - 1n,
        userAgent: '',
        startHeight: -1,
        relay: false,
      },
    },
    `80110100 090c000000000000 ffffffffffffffff ${'00'.repeat(26)} 090c000000000000 ${'00'.repeat(
      18
    )}
     ffffffffffffffff 00 ffffffff 00`,
  ],
  ['no payload', { type: 'verack', payload: {} }, ''],
  ['BIP 155', { type: 'sendaddrv2', payload: {} }, ''],
  ['BIP 339', { type: 'wtxidrelay', payload: {} }, ''],
  ['BIP 130', { type: 'sendheaders', payload: {} }, ''],
  ['BIP 35', { type: 'mempool', payload: {} }, ''],
  ['BIP 37', { type: 'filterclear', payload: {} }, ''],
  ['no payload', { type: 'getaddr', payload: {} }, ''],
  [
    'Core test/netbase_tests.cpp, stream_addrv1_hex, and an IPv4 address',
    {
      type: 'addr',
      payload: {
        addresses: [
          {
            time: 0x4966bc61,
            services: 0n,
            address: { network: 'ipv6', bytes: LOCALHOST_6, port: 0 },
          },
          {
            time: 0x83766279,
            services: 1n,
            address: { network: 'ipv6', bytes: LOCALHOST_6, port: 0xf1 },
          },
          {
            time: 0xffffffff,
            services: 0x448n,
            address: { network: 'ipv6', bytes: LOCALHOST_6, port: 0xf1f2 },
          },
          { time: 1414012889, services: 1n, address: { ...ipv4(192, 0, 2, 51), port: 8333 } },
        ],
      },
    },
    `04 61bc6649 0000000000000000 00000000000000000000000000000001 0000
        79627683 0100000000000000 00000000000000000000000000000001 00f1
        ffffffff 4804000000000000 00000000000000000000000000000001 f1f2
        d91f4854 0100000000000000 00000000000000000000ffffc0000233 208d`,
  ],
  [
    'Core test/netbase_tests.cpp, stream_addrv2_hex',
    {
      type: 'addrv2',
      payload: {
        addresses: [
          {
            time: 0x4966bc61,
            services: 0n,
            address: { network: 'ipv6', bytes: LOCALHOST_6, port: 0 },
          },
          {
            time: 0x83766279,
            services: 1n,
            address: { network: 'ipv6', bytes: LOCALHOST_6, port: 0xf1 },
          },
          {
            time: 0xffffffff,
            services: 0x448n,
            address: { network: 'ipv6', bytes: LOCALHOST_6, port: 0xf1f2 },
          },
        ],
      },
    },
    `03 61bc6649 00     02 10 00000000000000000000000000000001 0000
        79627683 01     02 10 00000000000000000000000000000001 00f1
        ffffffff fd4804 02 10 00000000000000000000000000000001 f1f2`,
  ],
  [
    'every network of BIP 155, with the addresses of Core test/net_tests.cpp; services of 64 bits',
    {
      type: 'addrv2',
      payload: {
        addresses: [
          { time: 0, services: 2n ** 64n - 1n, address: { ...ipv4(1, 2, 3, 4), port: 8333 } },
          {
            time: 0,
            services: 0x1_0000_0000n,
            address: {
              network: 'torv3',
              bytes: hex('79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f'),
              port: 8333,
            },
          },
          {
            time: 0,
            services: 0xffff_ffffn,
            address: {
              network: 'i2p',
              bytes: hex('a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87'),
              port: 0,
            },
          },
          {
            time: 0,
            services: 0xfdn,
            address: { network: 'cjdns', bytes: hex('fc000001000200030004000500060007'), port: 1 },
          },
          {
            time: 0,
            services: 0xfcn,
            address: {
              network: 'unknown',
              networkId: 3,
              bytes: hex('f1f2f3f4f5f6f7f8f9fa'),
              port: 2,
            },
          },
          {
            time: 0,
            services: 0n,
            address: {
              network: 'unknown',
              networkId: 0xaa,
              bytes: new Uint8Array(0),
              port: 0xffff,
            },
          },
        ],
      },
    },
    `06 00000000 ffffffffffffffffff 01 04 01020304 208d
        00000000 ff0000000001000000 04 20 79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f 208d
        00000000 feffffffff         05 20 a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87 0000
        00000000 fdfd00             06 10 fc000001000200030004000500060007 0001
        00000000 fc                 03 0a f1f2f3f4f5f6f7f8f9fa 0002
        00000000 00                 aa 00 ffff`,
  ],
  [
    'every type of Core protocol.h, and two of none; the first is ' + DEVELOPER_REFERENCE,
    {
      type: 'inv',
      payload: {
        inventory: [
          {
            type: 'tx',
            hash: hex('de55ffd709ac1f5dc509a0925d0b1fc442ca034f224732e429081da1b621f55a'),
          },
          { type: 'error', hash: H1 },
          { type: 'block', hash: H1 },
          { type: 'filtered_block', hash: H1 },
          { type: 'cmpct_block', hash: H1 },
          { type: 'wtx', hash: H1 },
          { type: 'witness_tx', hash: H1 },
          { type: 'witness_block', hash: H1 },
          { type: 'filtered_witness_block', hash: H1 },
          { type: 6, hash: H1 },
          { type: 0xffffffff, hash: H1 },
        ],
      },
    },
    `0b 01000000 de55ffd709ac1f5dc509a0925d0b1fc442ca034f224732e429081da1b621f55a
        ${[
          '00000000',
          '02000000',
          '03000000',
          '04000000',
          '05000000',
          '01000040',
          '02000040',
          '03000040',
          '06000000',
          'ffffffff',
        ]
          .map((type) => type + '01'.repeat(32))
          .join('')}`,
  ],
  ['none', { type: 'getdata', payload: { inventory: [] } }, '00'],
  [
    'one, as inv',
    { type: 'notfound', payload: { inventory: [{ type: 'witness_tx', hash: H2 }] } },
    `01 01000040 ${'02'.repeat(32)}`,
  ],
  [
    DEVELOPER_REFERENCE,
    {
      type: 'getheaders',
      payload: {
        version: 70001,
        locator: [
          hex('d39f608a7775b537729884d4e6633bb2105e55a16a14d31b0000000000000000'),
          hex('5c3e6403d40837110a2e8afb602b1c01714bda7ce23bea0a0000000000000000'),
        ],
        hashStop: new Uint8Array(32),
      },
    },
    `71110100 02 d39f608a7775b537729884d4e6633bb2105e55a16a14d31b0000000000000000
     5c3e6403d40837110a2e8afb602b1c01714bda7ce23bea0a0000000000000000 ${'00'.repeat(32)}`,
  ],
  [
    'as getheaders, of the highest version',
    { type: 'getblocks', payload: { version: 0xffffffff, locator: [], hashStop: H1 } },
    `ffffffff 00 ${'01'.repeat(32)}`,
  ],
  [
    'the genesis header',
    { type: 'headers', payload: { headers: [HEADER] } },
    `01 ${HEADER_HEX} 00`,
  ],
  [
    'the genesis block',
    { type: 'block', payload: { block: mainnet.genesis } },
    `${HEADER_HEX} 01 01000000 01 ${'00'.repeat(
      32
    )} ffffffff 4d 04ffff001d0104455468652054696d657320
     30332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f75
     7420666f722062616e6b73 ffffffff 01 00f2052a01000000 43 4104678afdb0fe5548271967f1a67130b7105cd6a8
     28e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac
     00000000`,
  ],
  [
    'Core test/data/tx_valid.json',
    { type: 'tx', payload: { transaction: SEGWIT_VIEW } },
    SEGWIT_HEX,
  ],
  ['a null transaction', { type: 'tx', payload: { transaction: NULL_TX_VIEW } }, NULL_TX_HEX],
  [
    DEVELOPER_REFERENCE,
    { type: 'ping', payload: { nonce: 0x4dafe21121109400n } },
    '0094102111e2af4d',
  ],
  ['before BIP 31', { type: 'ping', payload: { nonce: undefined } }, ''],
  ['BIP 31', { type: 'pong', payload: { nonce: 2n ** 64n - 1n } }, 'ffffffffffffffff'],
  [
    DEVELOPER_REFERENCE,
    {
      type: 'filterload',
      payload: { filter: hex('b50f'), hashFunctions: 11, tweak: 0, flags: 0 },
    },
    '02 b50f 0b000000 00000000 00',
  ],
  [
    DEVELOPER_REFERENCE,
    {
      type: 'filteradd',
      payload: { data: hex('fdacf9b3eb077412e7a968d2e4f11b9a9dee312d666187ed77ee7d26af16cb0b') },
    },
    '20 fdacf9b3eb077412e7a968d2e4f11b9a9dee312d666187ed77ee7d26af16cb0b',
  ],
  [
    `${DEVELOPER_REFERENCE}: block 100,000 but one`,
    {
      type: 'merkleblock',
      payload: {
        header: {
          version: 1,
          prevBlockHash: hex('82bb869cf3a793432a66e826e05a6fc37469f8efb7421dc88067010000000000'),
          merkleRoot: hex('7f16c5962e8bd963659c793ce370d95f093bc7e367117b3c30c1f8fdd0d97287'),
          time: 1293629558,
          bits: 0x1b04864c,
          nonce: 0x29854b55,
        },
        transactionCount: 7,
        hashes: [
          hex('3612262624047ee87660be1a707519a443b1c1ce3d248cbfc6c15870f6c5daa2'),
          hex('019f5b01d4195ecbc9398fbf3c3b1fa9bb3183301d7a1fb3bd174fcfa40a2b65'),
          hex('41ed70551dd7e841883ab8f0b16bf04176b7d1480e4f0af9f3d4c3595768d068'),
          hex('20d2a7bc994987302e5b1ac80fc425fe25f8b63169ea78e68fbaaefa59379bbf'),
        ],
        flags: hex('1d'),
      },
    },
    `01000000 82bb869cf3a793432a66e826e05a6fc37469f8efb7421dc88067010000000000
     7f16c5962e8bd963659c793ce370d95f093bc7e367117b3c30c1f8fdd0d97287 76381b4d 4c86041b 554b8529
     07000000 04 3612262624047ee87660be1a707519a443b1c1ce3d248cbfc6c15870f6c5daa2
     019f5b01d4195ecbc9398fbf3c3b1fa9bb3183301d7a1fb3bd174fcfa40a2b65
     41ed70551dd7e841883ab8f0b16bf04176b7d1480e4f0af9f3d4c3595768d068
     20d2a7bc994987302e5b1ac80fc425fe25f8b63169ea78e68fbaaefa59379bbf 01 1d`,
  ],
  ['BIP 133', { type: 'feefilter', payload: { feerate: 48508n } }, '7cbd000000000000'],
  ['signed, as CAmount', { type: 'feefilter', payload: { feerate: -1n } }, 'ffffffffffffffff'],
  [
    'BIP 152',
    { type: 'sendcmpct', payload: { announce: true, version: 2n } },
    '01 0200000000000000',
  ],
  [
    'BIP 152',
    { type: 'sendcmpct', payload: { announce: false, version: 1n } },
    '00 0100000000000000',
  ],
  [
    'BIP 152: indexes 0, 1 and 0x102 are 0, 0 and 0x100',
    {
      type: 'cmpctblock',
      payload: {
        header: HEADER,
        nonce: 0x0807060504030201n,
        shortIds: [hex('a1a2a3a4a5a6'), hex('b1b2b3b4b5b6')],
        prefilled: [
          { index: 0, transaction: SEGWIT_VIEW },
          { index: 1, transaction: NULL_TX_VIEW },
          { index: 0x102, transaction: NULL_TX_VIEW },
        ],
      },
    },
    `${HEADER_HEX} 0102030405060708 02 a1a2a3a4a5a6 b1b2b3b4b5b6
     03 00 ${SEGWIT_HEX} 00 ${NULL_TX_HEX} fd0001 ${NULL_TX_HEX}`,
  ],
  [
    'Core test/blockencodings_tests.cpp, TransactionsRequestSerializationTest: 0, 1, 3, 4',
    { type: 'getblocktxn', payload: { blockHash: H1, indexes: [0, 1, 3, 4] } },
    `${'01'.repeat(32)} 04 00 00 01 00`,
  ],
  [
    'the same file, TransactionsRequestDeserializationMaxTest',
    { type: 'getblocktxn', payload: { blockHash: H1, indexes: [0xffff] } },
    `${'01'.repeat(32)} 01 fdffff`,
  ],
  [
    'BIP 152',
    { type: 'blocktxn', payload: { blockHash: H2, transactions: [NULL_TX_VIEW, SEGWIT_VIEW] } },
    `${'02'.repeat(32)} 02 ${NULL_TX_HEX} ${SEGWIT_HEX}`,
  ],
  [
    'BIP 157',
    { type: 'getcfilters', payload: { filterType: 0, startHeight: 1000, stopHash: H1 } },
    `00 e8030000 ${'01'.repeat(32)}`,
  ],
  [
    'BIP 157',
    { type: 'getcfheaders', payload: { filterType: 255, startHeight: 0xffffffff, stopHash: H2 } },
    `ff ffffffff ${'02'.repeat(32)}`,
  ],
  [
    'BIP 157',
    { type: 'getcfcheckpt', payload: { filterType: 0, stopHash: H1 } },
    `00 ${'01'.repeat(32)}`,
  ],
  [
    "BIP 158's filter of testnet's genesis block (testnet-19.json)",
    {
      type: 'cfilter',
      payload: {
        filterType: 0,
        blockHash: hex('43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000'),
        filter: hex('019dfca8'),
      },
    },
    '00 43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000 04 019dfca8',
  ],
  [
    'BIP 157',
    {
      type: 'cfheaders',
      payload: { filterType: 0, stopHash: H1, previousFilterHeader: H2, filterHashes: [H1, H2] },
    },
    `00 ${'01'.repeat(32)} ${'02'.repeat(32)} 02 ${'01'.repeat(32)} ${'02'.repeat(32)}`,
  ],
  [
    'BIP 157',
    { type: 'cfcheckpt', payload: { filterType: 0, stopHash: H1, filterHeaders: [H2] } },
    `00 ${'01'.repeat(32)} 01 ${'02'.repeat(32)}`,
  ],
  [
    'BIP 330',
    { type: 'sendtxrcncl', payload: { version: 1, salt: 0x0807060504030201n } },
    '01000000 0102030405060708',
  ],
  ['BIP 434', { type: 'feature', payload: { id: 'BIP434', data: hex('') } }, '06 424950343334 00'],
  [
    `${DEVELOPER_REFERENCE} (BIP 61)`,
    {
      type: 'reject',
      payload: {
        message: 'tx',
        code: 0x12,
        reason: 'bad-txns-inputs-spent',
        data: hex('394715fcab51093be7bfca5a31005972947baf86a31017939575fb2354222821'),
      },
    },
    `02 7478 12 15 6261642d74786e732d696e707574732d7370656e74
     394715fcab51093be7bfca5a31005972947baf86a31017939575fb2354222821`,
  ],
  [
    'BIP 61: nothing after the reason',
    { type: 'reject', payload: { message: 'version', code: 0x11, reason: '', data: hex('') } },
    '07 76657273696f6e 11 00',
  ],
  [
    DEVELOPER_REFERENCE,
    {
      type: 'alert',
      payload: {
        payload: hex(`010000003766404f00000000b305434f00000000f2030000f1030000001027000048ee0000
          0064000000004653656520626974636f696e2e6f72672f666562323020696620796f7520686176652074726f75626c
          6520636f6e6e656374696e67206166746572203230204665627275617279 00`),
        signature:
          hex(`30450221008389df45f0703f39ec8c1cc42c13810ffcae14995bb648340219e353b63b53eb0220
          09ec65e1c1aaeec1fd334c6b684bde2b3f573060d5b70c3a46723326e4e8a4f1`),
      },
    },
    `73 010000003766404f00000000b305434f00000000f2030000f1030000001027000048ee0000006400000000465365
     6520626974636f696e2e6f72672f666562323020696620796f7520686176652074726f75626c6520636f6e6e65637469
     6e6720616674657220323020466562727561727900
     47 30450221008389df45f0703f39ec8c1cc42c13810ffcae14995bb648340219e353b63b53eb022009ec65e1c1aaeec1
     fd334c6b684bde2b3f573060d5b70c3a46723326e4e8a4f1`,
  ],
  [
    'a type that nobody knows',
    { type: 'unknown', payload: { messageType: 'reqrecon', bytes: hex('0102') } },
    '0102',
  ],
];

/** A message's payload, with the view in `block` as its bytes, so that it can be compared. */
function comparable(message: Message): unknown {
  return message.type === 'block'
    ? { type: 'block', bytes: toHex(message.payload.block.bytes) }
    : message;
}

describe('vectors', () => {
  test('there is one of every type', () => {
    const covered = new Set(VECTORS.map(([, message]) => message.type));
    expect(Object.keys(messages).filter((type) => !covered.has(type as MessageType))).toEqual([]);
  });

  test.each(
    VECTORS.map(([name, message, payload]) => ({ name, type: message.type, message, payload }))
  )('$type: $name', ({ message, payload }) => {
    const bytes = hex(payload);
    const type = message.type === 'unknown' ? message.payload.messageType : message.type;
    expect(toHex(encodeMessage(message))).toBe(toHex(bytes));
    expect(payloadSize(message)).toBe(bytes.length);
    expect(comparable(decodeMessage(type, bytes))).toEqual(comparable(message));
  });

  const KNOWN = VECTORS.filter(
    ([, message]) => message.type !== 'unknown' && payloadSize(message) > 0
  );
  test.each(
    KNOWN.map(([name, message, payload]) => ({ name, type: message.type, message, payload }))
  )('no shorter: $type: $name', ({ message, payload }) => {
    const bytes = hex(payload);
    for (let length = 0; length < bytes.length; length++) {
      const isWhole = wholeWithout(message, length, bytes.length);
      if (isWhole)
        expect(decodeMessage(message.type, bytes.subarray(0, length)).type).toBe(message.type);
      else
        expect(() => decodeMessage(message.type, bytes.subarray(0, length))).toThrow(DecodeError);
    }
  });
});

/** Whether the first `length` of `whole` bytes are a message too, by that message's own layout. */
function wholeWithout(message: Message, length: number, whole: number): boolean {
  switch (message.type) {
    case 'ping':
    case 'pong':
      return true; // shorter than 8 bytes: of the old kind
    case 'reject':
      return length >= whole - message.payload.data.length;
    case 'version': {
      const agent = 1 + message.payload.userAgent.length;
      return [46, 80, 80 + agent, 84 + agent].includes(length);
    }
    default:
      return false;
  }
}

describe('what may be missing or more', () => {
  test('version: fields of later protocol versions (Core net_processing.cpp, VERSION)', () => {
    const [, message, payload] = VECTORS[0]!;
    const bytes = hex(payload);
    const full = (message as Extract<Message, { type: 'version' }>).payload;
    const read = (length: number): unknown =>
      decodeMessage('version', bytes.subarray(0, length)).payload;
    const rest = {
      sender: unspecifiedAddress,
      nonce: 1n,
      userAgent: '',
      startHeight: -1,
      relay: true,
    };
    expect(read(46)).toEqual({ ...full, ...rest });
    expect(read(80)).toEqual({ ...full, userAgent: '', startHeight: -1 });
    expect(read(96)).toEqual({ ...full, startHeight: -1 });
    expect(read(100)).toEqual(full);
  });

  test('bytes after a message are ignored, but by feature (BIP 434)', () => {
    const open = ['unknown', 'reject'];
    for (const [, message, payload] of VECTORS.filter(([, { type }]) => !open.includes(type))) {
      const longer = hex(`${payload} 00`);
      if (message.type === 'feature') {
        expect(() => decodeMessage(message.type, longer)).toThrow('trailing-bytes');
      } else {
        expect(decodeMessage(message.type, longer)).toEqual(message);
      }
    }
  });

  test('booleans: all but 0 is true', () => {
    expect(decodeMessage('sendcmpct', hex('ff 0200000000000000')).payload).toMatchObject({
      announce: true,
    });
  });

  test('headers: counts of transactions are read and ignored', () => {
    const decoded = decodeMessage('headers', hex(`02 ${HEADER_HEX} fdff00 ${HEADER_HEX} 05`));
    expect(decoded.payload).toEqual({ headers: [HEADER, HEADER] });
  });

  test('a compact block may place a transaction past its end: its receiver judges (Core InitData)', () => {
    const bytes = hex(
      `${HEADER_HEX} ${'00'.repeat(8)} 00 02 fdffff ${NULL_TX_HEX} fdffff ${NULL_TX_HEX}`
    );
    const message = decodeMessage('cmpctblock', bytes);
    expect(message.payload).toMatchObject({ prefilled: [{ index: 0xffff }, { index: 0x1ffff }] });
    expect(toHex(encodeMessage(message))).toBe(toHex(bytes));
  });
});

const zeros = (length: number): string => '00'.repeat(length);
/** A count of 3 bytes. */
const fd = (count: number): string => `fd${toHex(Uint8Array.of(count & 0xff, count >> 8))}`;
const hashes = (count: number): string => '11'.repeat(32 * count);
const FULL_INV = `${'01000000'}${hashes(1)}`;

describe('what is refused', () => {
  const TOO_MANY_INVENTORY = fd(50_001) + FULL_INV.repeat(50_001);
  const FEATURE_80 = `50 ${'41'.repeat(80)}`;
  const cases: readonly [type: MessageType, what: string, payload: string, code: string][] = [
    // Core test/functional/p2p_invalid_messages.py.
    ['inv', '50,001', TOO_MANY_INVENTORY, 'limit-exceeded'],
    ['getdata', '50,001', TOO_MANY_INVENTORY, 'limit-exceeded'],
    ['headers', '2,001', fd(2_001) + zeros(81 * 2_001), 'limit-exceeded'],
    ['headers', '2,001 that are not there', fd(2_001), 'limit-exceeded'],
    ['headers', '2,000 that are not there', fd(2_000), 'truncated'],
    ['headers', 'more than MAX_SIZE', 'ff ffffffffffffffff', 'size-too-large'],
    ['addrv2', 'nothing', '', 'truncated'],
    [
      'addrv2',
      'an address of 513 bytes',
      `01 61bc6649 00 01 fd0102 ${'ab'.repeat(513)} 208d`,
      'size-too-large',
    ],
    // Core test/net_tests.cpp, cnetaddr_unserialize_v2.
    ['addrv2', 'IPv4 of 5 bytes', `01 00000000 00 01 05 0102030405 0000`, 'invalid-value'],
    ['addrv2', 'IPv6 of 4 bytes', `01 00000000 00 02 04 01020304 0000`, 'invalid-value'],
    ['addrv2', 'Tor v3 of 0 bytes', `01 00000000 00 04 00 0000`, 'invalid-value'],
    ['addrv2', 'I2P of 3 bytes', `01 00000000 00 05 03 010203 0000`, 'invalid-value'],
    ['addrv2', 'CJDNS of 1 byte', `01 00000000 00 06 01 fc 0000`, 'invalid-value'],
    ['addrv2', 'IPv4, half of it', `01 00000000 00 01 04 0102`, 'truncated'],
    ['addrv2', '1,001', fd(1_001) + zeros(9 * 1_001), 'limit-exceeded'],
    [
      'addrv2',
      'services not in the shortest form',
      `01 00000000 fdfc00 01 04 01020304 0000`,
      'non-canonical-size',
    ],
    ['addr', '1,001', fd(1_001) + zeros(30 * 1_001), 'limit-exceeded'],
    ['getheaders', 'a locator of 102', `00000000 66 ${hashes(103)}`, 'limit-exceeded'],
    ['getblocks', 'a locator of 102', `00000000 66 ${hashes(103)}`, 'limit-exceeded'],
    [
      'version',
      'a user agent of 257 bytes',
      `${zeros(80)} fd0101 ${zeros(257 + 5)}`,
      'size-too-large',
    ],
    ['version', 'services of the sender and no more', zeros(46 + 8), 'truncated'],
    // Core test/blockencodings_tests.cpp, TransactionsRequestDeserializationOverflowTest.
    ['getblocktxn', 'indexes beyond 16 bits', `${hashes(1)} 03 fd0070 fdfe8f 00`, 'invalid-value'],
    ['getblocktxn', 'a step beyond 16 bits', `${hashes(1)} 01 fe00000100`, 'invalid-value'],
    ['getblocktxn', '65,537 indexes', `${hashes(1)} fe01000100 ${zeros(65_537)}`, 'invalid-value'],
    [
      'cmpctblock',
      'a step beyond 16 bits',
      `${zeros(88)} 00 01 fe00000100 ${NULL_TX_HEX}`,
      'invalid-value',
    ],
    [
      'cmpctblock',
      '65,536 short ids',
      `${zeros(88)} fe00000100 ${zeros(6 * 65_536 + 1)}`,
      'invalid-value',
    ],
    [
      'cmpctblock',
      '65,535 short ids and a transaction',
      `${zeros(88)} fdffff ${zeros(6 * 65_535)} 01 00 ${NULL_TX_HEX}`,
      'invalid-value',
    ],
    ['feature', 'an id of 3 bytes', '03 414141 00', 'invalid-value'],
    ['feature', 'an id of 81 bytes', `51 ${'41'.repeat(81)} 00`, 'size-too-large'],
    ['feature', 'data of 513 bytes', `${FEATURE_80} fd0102 ${zeros(513)}`, 'size-too-large'],
    ['feature', 'no data', FEATURE_80, 'truncated'],
    ['cfheaders', '2,001', `00 ${hashes(2)} ${fd(2_001)} ${hashes(2_001)}`, 'limit-exceeded'],
    ['tx', 'witness form without a witness', '01000000 0001 00 00 00000000', 'superfluous-witness'],
    ['tx', 'flag 2', '01000000 0002 00 00 00000000', 'unknown-transaction-flags'],
    [
      'tx',
      'flag 3',
      `01000000 0003 01 ${zeros(41)} 00 01 00 00000000`,
      'unknown-transaction-flags',
    ],
    ['reject', 'a message type of 13 bytes', `0d ${zeros(13)} 01 00`, 'size-too-large'],
  ];

  test.each(cases)('%s: %s', (type, _what, payload, code) => {
    const bytes = hex(payload);
    expect(() => decodeMessage(type, bytes)).toThrow(
      expect.objectContaining({ name: 'DecodeError', code })
    );
  });

  test('and what just passes', () => {
    const lengths: readonly [MessageType, string][] = [
      ['inv', fd(50_000) + FULL_INV.repeat(50_000)],
      ['headers', fd(2_000) + zeros(81 * 2_000)],
      ['addr', fd(1_000) + zeros(30 * 1_000)],
      ['addrv2', fd(1_000) + zeros(9 * 1_000)],
      ['addrv2', `01 61bc6649 00 99 fd0002 ${'ab'.repeat(512)} 208d`],
      ['getheaders', `00000000 65 ${hashes(102)}`],
      ['version', `${zeros(80)} fd0001 ${zeros(256 + 5)}`],
      ['getblocktxn', `${hashes(1)} fe00000100 ${zeros(65_536)}`],
      ['cmpctblock', `${zeros(88)} fdfeff ${zeros(6 * 65_534)} 01 00 ${NULL_TX_HEX}`],
      ['feature', `${FEATURE_80} fd0002 ${zeros(512)}`],
      ['feature', '04 41414141 00'],
      ['cfheaders', `00 ${hashes(2)} ${fd(2_000)} ${hashes(2_000)}`],
    ];
    for (const [type, payload] of lengths) {
      const bytes = hex(payload);
      expect(toHex(encodeMessage(decodeMessage(type, bytes)))).toBe(toHex(bytes));
    }
  });
});

describe('what cannot be written', () => {
  const refused: readonly [string, Message][] = [
    [
      'a character beyond a byte',
      { type: 'feature', payload: { id: 'BIP\u{1f600}', data: hex('') } },
    ],
    [
      'a hash of 31 bytes',
      { type: 'getcfcheckpt', payload: { filterType: 0, stopHash: new Uint8Array(31) } },
    ],
    [
      'indexes that do not ascend',
      { type: 'getblocktxn', payload: { blockHash: H1, indexes: [3, 3] } },
    ],
    [
      'Tor in addr',
      {
        type: 'addr',
        payload: {
          addresses: [{ time: 0, services: 0n, address: { network: 'torv3', bytes: H1, port: 1 } }],
        },
      },
    ],
    [
      '16 bytes as IPv4',
      {
        type: 'addrv2',
        payload: {
          addresses: [
            { time: 0, services: 0n, address: { network: 'ipv4', bytes: LOCALHOST_6, port: 1 } },
          ],
        },
      },
    ],
    [
      '513 bytes of an unknown network',
      {
        type: 'addrv2',
        payload: {
          addresses: [
            {
              time: 0,
              services: 0n,
              address: { network: 'unknown', networkId: 9, bytes: new Uint8Array(513), port: 1 },
            },
          ],
        },
      },
    ],
  ];

  test.each(refused)('%s', (_name, message) => {
    expect(() => encodeMessage(message)).toThrow(RangeError);
  });
});

describe('the table of messages', () => {
  test('short ids are those of BIP 324, and of BIP 434', () => {
    // BIP 324, "Application layer specification", from id 1 on.
    const table = [
      'addr',
      'block',
      'blocktxn',
      'cmpctblock',
      'feefilter',
      'filteradd',
      'filterclear',
      'filterload',
      'getblocks',
      'getblocktxn',
      'getdata',
      'getheaders',
      'headers',
      'inv',
      'mempool',
      'merkleblock',
      'notfound',
      'ping',
      'pong',
      'sendcmpct',
      'tx',
      'getcfilters',
      'cfilter',
      'getcfheaders',
      'cfheaders',
      'getcfcheckpt',
      'cfcheckpt',
      'addrv2',
    ];
    const expected = new Map(table.map((type, i) => [type, i + 1]));
    expected.set('feature', 37);
    for (const [type, { shortId }] of Object.entries(messages))
      expect(shortId).toBe(expected.get(type));
    expect([...expected.keys()].every(isMessageType)).toBe(true);
  });

  test.each(['', 'unknown', 'toString', '__proto__', 'constructor', 'Version', 'version '])(
    '%p is no type of it',
    (type) => {
      expect(isMessageType(type)).toBe(false);
      expect(decodeMessage(type, hex('00')).type).toBe('unknown');
    }
  );

  test('a block is a view of the payload, not a copy', () => {
    const payload = regtest.genesis.bytes.slice();
    const { block } = (decodeMessage('block', payload) as Extract<Message, { type: 'block' }>)
      .payload;
    expect(block).toBeInstanceOf(BlockView);
    expect(block.bytes.buffer).toBe(payload.buffer);
  });

  test("a Buffer's subclass does not leak into an unknown message", () => {
    const message = decodeMessage('xyz', Buffer.from('0102', 'hex'));
    expect(message.type === 'unknown' && message.payload.bytes.constructor).toBe(Uint8Array);
  });
});
