import { describe, expect, test } from '@jest/globals';
import { dataText, describeWithData } from '@btcp2p/testdata';
import {
  deriveKeys,
  nobleAead,
  nobleEllSwift,
  PacketCipher,
  type SessionKeys,
  sharedSecret,
} from '../src/index.ts';
import { ellswiftDecode } from '../src/ellswift.ts';
import { concat, hex, toHex } from './support/bytes.ts';
import { MAGIC, NOTHING } from './support/sessions.ts';

/** A row of packet_encoding_test_vectors.csv of BIP 324, by the names of its columns. */
type Vector = Readonly<Record<string, string>>;

const column = (vector: Vector, name: string): string => {
  const value = vector[name];
  if (value === undefined) throw new Error(`no column ${name}`);
  return value;
};

/** What both sides of a row derive: we, who have the secret key, are the initiator or not. */
function keysOf(vector: Vector): SessionKeys {
  const ours = hex(column(vector, 'in_ellswift_ours'));
  const theirs = hex(column(vector, 'in_ellswift_theirs'));
  expect(toHex(ellswiftDecode(ours))).toBe(column(vector, 'mid_x_ours'));
  expect(toHex(ellswiftDecode(theirs))).toBe(column(vector, 'mid_x_theirs'));
  const sharedX = nobleEllSwift.xdh(hex(column(vector, 'in_priv_ours')), theirs);
  expect(toHex(sharedX)).toBe(column(vector, 'mid_x_shared'));
  const secret =
    column(vector, 'in_initiating') === '1'
      ? sharedSecret(ours, theirs, sharedX)
      : sharedSecret(theirs, ours, sharedX);
  expect(toHex(secret)).toBe(column(vector, 'mid_shared_secret'));
  return deriveKeys(secret, MAGIC);
}

function checkKeys(vector: Vector): void {
  const keys = keysOf(vector);
  expect(toHex(keys.initiatorL)).toBe(column(vector, 'mid_initiator_l'));
  expect(toHex(keys.initiatorP)).toBe(column(vector, 'mid_initiator_p'));
  expect(toHex(keys.responderL)).toBe(column(vector, 'mid_responder_l'));
  expect(toHex(keys.responderP)).toBe(column(vector, 'mid_responder_p'));
  const isInitiator = column(vector, 'in_initiating') === '1';
  const fromInitiator = toHex(keys.initiatorGarbageTerminator);
  const fromResponder = toHex(keys.responderGarbageTerminator);
  const [sent, received] = isInitiator
    ? [fromInitiator, fromResponder]
    : [fromResponder, fromInitiator];
  expect(sent).toBe(column(vector, 'mid_send_garbage_terminator'));
  expect(received).toBe(column(vector, 'mid_recv_garbage_terminator'));
  expect(toHex(keys.sessionId)).toBe(column(vector, 'out_session_id'));
}

/** The cipher with which our side of a row sends. A receiver's is the same. */
function cipherOf(vector: Vector): PacketCipher {
  const keys = keysOf(vector);
  return column(vector, 'in_initiating') === '1'
    ? new PacketCipher(keys.initiatorL, keys.initiatorP, nobleAead)
    : new PacketCipher(keys.responderL, keys.responderP, nobleAead);
}

const contentsOf = (vector: Vector): Uint8Array => {
  const once = hex(column(vector, 'in_contents'));
  return concat(Array.from({ length: Number(column(vector, 'in_multiply')) }, () => once));
};

/** Encrypts and decrypts the row's packet after as many empty ones as it says. */
function checkPacket(vector: Vector): void {
  const sender = cipherOf(vector);
  const receiver = cipherOf(vector);
  const receive = (packet: Uint8Array, aad: Uint8Array) => {
    const length = receiver.decryptLength(packet, 0);
    expect(length).toBe(packet.length - 20);
    return receiver.decrypt(packet.subarray(3), aad);
  };
  for (let i = 0; i < Number(column(vector, 'in_idx')); i++) {
    receive(concat(sender.encrypt([NOTHING], NOTHING, false)), NOTHING);
  }
  const contents = contentsOf(vector);
  const aad = hex(column(vector, 'in_aad'));
  const ignore = column(vector, 'in_ignore') === '1';
  const parts = [contents.subarray(0, 3), contents.subarray(3)];
  const packet = concat(sender.encrypt(parts, aad, ignore));
  if (column(vector, 'out_ciphertext') !== '') {
    expect(toHex(packet)).toBe(column(vector, 'out_ciphertext'));
  }
  const end = column(vector, 'out_ciphertext_endswith');
  if (end !== '') expect(toHex(packet.subarray(-end.length / 2))).toBe(end);
  const opened = receive(packet, aad);
  expect(opened?.ignore).toBe(ignore);
  expect(Buffer.compare(opened?.contents ?? NOTHING, contents)).toBe(0);
}

describeWithData('packet_encoding_test_vectors.csv of BIP 324', () => {
  const text = dataText('vectors/bips/bip-0324/packet_encoding_test_vectors.csv');
  const [header = '', ...rows] = text.trim().split(/\r?\n/);
  const names = header.split(',');
  const vectors = rows.map((row): Vector => {
    const values = row.split(',');
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
  });

  test('there are seven, of both roles, each with a ciphertext or its end', () => {
    expect(vectors.map((vector) => column(vector, 'in_initiating'))).toEqual([...'1010101']);
    for (const vector of vectors) {
      const ends = [column(vector, 'out_ciphertext'), column(vector, 'out_ciphertext_endswith')];
      expect(ends.filter((end) => end !== '')).toHaveLength(1);
    }
  });

  test.each(vectors)('keys of the row of packet $in_idx', checkKeys);
  test.each(vectors)('packet $in_idx, of contents repeated $in_multiply times', checkPacket);
});

/** The first two rows of packet_encoding_test_vectors.csv of BIP 324, one of each role. */
const SOME: readonly Vector[] = [
  {
    in_idx: '1',
    in_priv_ours: '61062ea5071d800bbfd59e2e8b53d47d194b095ae5a4df04936b49772ef0d4d7',
    in_ellswift_ours: 'ec0adff257bbfe500c188c80b4fdd640f6b45a482bbc15fc7cef5931deff0aa186f6eb9bba7b85dc4dcc28b28722de1e3d9108b985e2967045668f66098e475b',
    in_ellswift_theirs: 'a4a94dfce69b4a2a0a099313d10f9f7e7d649d60501c9e1d274c300e0d89aafaffffffffffffffffffffffffffffffffffffffffffffffffffffffff8faf88d5',
    in_initiating: '1',
    in_contents: '8e',
    in_multiply: '1',
    in_aad: '',
    in_ignore: '0',
    mid_x_ours: '19e965bc20fc40614e33f2f82d4eeff81b5e7516b12a5c6c0d6053527eba0923',
    mid_x_theirs: '0c71defa3fafd74cb835102acd81490963f6b72d889495e06561375bd65f6ffc',
    mid_x_shared: '4eb2bf85bd00939468ea2abb25b63bc642e3d1eb8b967fb90caa2d89e716050e',
    mid_shared_secret: 'c6992a117f5edbea70c3f511d32d26b9798be4b81a62eaee1a5acaa8459a3592',
    mid_initiator_l: '9a6478b5fbab1f4dd2f78994b774c03211c78312786e602da75a0d1767fb55cf',
    mid_initiator_p: '7d0c7820ba6a4d29ce40baf2caa6035e04f1e1cefd59f3e7e59e9e5af84f1f51',
    mid_responder_l: '17bc726421e4054ac6a1d54915085aaa766f4d3cf67bbd168e6080eac289d15e',
    mid_responder_p: '9f0fc1c0e85fd9a8eee07e6fc41dba2ff54c7729068a239ac97c37c524cca1c0',
    mid_send_garbage_terminator: 'faef555dfcdb936425d84aba524758f3',
    mid_recv_garbage_terminator: '02cb8ff24307a6e27de3b4e7ea3fa65b',
    out_session_id: 'ce72dffb015da62b0d0f5474cab8bc72605225b0cee3f62312ec680ec5f41ba5',
    out_ciphertext: '7530d2a18720162ac09c25329a60d75adf36eda3c3',
    out_ciphertext_endswith: '',
  },
  {
    in_idx: '999',
    in_priv_ours: '6f312890ec83bbb26798abaadd574684a53e74ccef7953b790fcc29409080246',
    in_ellswift_ours: 'a8785af31c029efc82fa9fc677d7118031358d7c6a25b5779a9b900e5ccd94aac97eb36a3c5dbcdb2ca5843cc4c2fe0aaa46d10eb3d233a81c3dde476da00eef',
    in_ellswift_theirs: 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f0000000000000000000000000000000000000000000000000000000000000000',
    in_initiating: '0',
    in_contents: '3eb1d4e98035cfd8eeb29bac969ed3824a',
    in_multiply: '1',
    in_aad: '',
    in_ignore: '0',
    mid_x_ours: 'd4b65faa965b31fe2d9faaeb806c6449a50fe3679555c3518f7a0885f572457f',
    mid_x_theirs: 'edd1fd3e327ce90cc7a3542614289aee9682003e9cf7dcc9cf2ca9743be5aa0c',
    mid_x_shared: '13c1bf6a3ca37da9ffc7f45ec1810fa935c45454c03dc0144c1a9755bb52f81f',
    mid_shared_secret: 'a6f79eb08243b6f65dbe42bfe4a6cf3f131d6963fa5d06c770a18f7b9c489b78',
    mid_initiator_l: 'efc938c88c925459a9c837238716cfadfb1c3016f60d12923933710b5fcc9b55',
    mid_initiator_p: '91702f3cbd33b3c4a0b29b40548aea1ab01e43582db194afee70637d247aa036',
    mid_responder_l: '7f457572e4260c611a6858acc8f325d87a3c8af8a59ce1da26ef6041f35715e8',
    mid_responder_p: '1fe4d56334f5b0a5bd3c71ce4e338f40fc7e194925daa7ee6ce98aecf1766d7c',
    mid_send_garbage_terminator: '44737108aec5f8b6c1c277b31bbce9c1',
    mid_recv_garbage_terminator: 'ca29b3a35237f8212bd13ed187a1da2e',
    out_session_id: 'b0490e26111cb2d55bbff2ace00f7f644f64006539abb4e7513f05107bb10608',
    out_ciphertext: 'd78adbcba0eebfb15cfbd8142c84dc729d233d0dc11b1d851e46a114122b8d5b96b7d59317',
    out_ciphertext_endswith: '',
  },
];

describe('two rows of BIP 324', () => {
  test.each(SOME)('keys of the row of packet $in_idx', checkKeys);
  test.each(SOME)('packet $in_idx', checkPacket);
});
