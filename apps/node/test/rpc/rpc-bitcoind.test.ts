import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { freePort, startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { basic, exchange, post, type RawResponse } from '../support/raw-http.ts';
import { startTestRpc } from '../support/rpc-server.ts';

const AUTH = `-rpcauth=user:salt$${createHmac('sha256', 'salt').update('pw').digest('hex')}`;
const LIMITED = `-rpcauth=limited:salt$${createHmac('sha256', 'salt').update('pw').digest('hex')}`;
const ARGS = [AUTH, LIMITED, '-rpcwhitelist=limited:echo', '-rpcwhitelistdefault=0'];

/** Bodies of requests, to both; the answers must be the same to the byte. */
const BODIES: readonly (string | Uint8Array)[] = [
  // What is no JSON, and what is none of ours.
  '', 'this is bad', '[', '{}x', 'null', '1', '"a"', 'true', '{}', '[]', '[[]]', '[1]', '[{}]',
  '[null,{"id":3}]',
  '\ufeff{"method":"echo"}', Buffer.from('{"method":"echo","params":["\xff"]}', 'latin1'),
  Buffer.from('{"method":"echo","params":["\xc3\xa9"]}', 'latin1'),
  '{"method":"echo","params":["\\ud83d\\ude00","\\ud83d"]}', '{"method":"echo","params":["\\ud83d\\ude00"]}',
  // Requests.
  '{"method":1,"id":1}', '{"method":null,"id":1}', '{"id":1}', '{"method":"nope","id":1}',
  '{"jsonrpc":2,"method":"echo"}', '{"jsonrpc":"3.0","method":"echo"}',
  '{"jsonrpc":"2.1","method":"echo","id":1}',
  '{"jsonrpc":"1.0","method":"echo","id":[]}', '{"jsonrpc":"1.1","method":"echo","id":1}',
  '{"version":"1.1","method":"echo","id":1}', '{"jsonrpc":null,"method":"echo","id":1}',
  '{"jsonrpc":"2.0","method":"echo"}', '{"jsonrpc":"2.0","method":"echo","id":null}',
  '{"jsonrpc":"2.0","method":"echo","id":{"a":[1.50]}}', '{"jsonrpc":"2.0","method":"nope","id":1}',
  '{"jsonrpc":"2.0","method":"nope"}', '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0"}',
  '{"method":"echo","params":1}', '{"method":"echo","params":"a"}', '{"method":"echo","params":null}',
  '{"method":"echo","params":{}}', '{"method":"echo","method":"nope","id":1,"id":2}',
  // Batches.
  '[{"method":"echo","id":1},{"jsonrpc":"2.0","method":"nope","id":2},{"pizza":"sausage","id":3}]',
  '[{"method":"nope"},{"jsonrpc":"2.0","method":"nope","id":2}]',
  '[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"echo","id":5}]',
  '[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"nope"}]',
  '[{"jsonrpc":"2.1","method":"echo","id":1}]',
  // Values go through as they are.
  ...[
    '0', '-0', '1.10', '1e400', '-1.5E-7', '18446744073709551617', '0.00000001', '01', '1.', '.5', '1e', '-',
    '"\\u0000\\u001f\\u007f\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\x"', '"\n"', '"\\u12"', "'a'", 'NaN', 'nul',
    '{"b":1,"a":2,"b":3}', '{"10":1,"9":2}', '{"__proto__":1}', '[1,]', '{"a":1,}', '[1 2]', '{"a" 1}',
    '['.repeat(509) + ']'.repeat(509), '['.repeat(510) + ']'.repeat(510), '['.repeat(511) + ']'.repeat(511),
  ].map((value) => `{"method":"echo","params":[${value}],"id":1}`),
  // Parameters by name.
  ...[
    '{"arg0":0,"arg3":3,"arg9":9}', '{"arg9":null}', '{"args":[0,1],"arg3":3,"arg5":5}',
    '{"args":[0,1],"arg1":1}',
    '{"args":[0,null,2],"arg1":1}', '{"args":1,"arg0":2}', '{"args":[]}', '{"args":[1,2,3]}',
    '{"arg0":1,"arg0":2}',
    '{"args":[1],"args":[2]}', '{"argx":1}',
  ].map((params) => `{"method":"echo","params":${params},"id":1}`),
  // Errors of types and numbers.
  ...[
    ['help', '[0]'], ['help', '{"command":[]}'], ['help', '["foo"]'], ['help',
    '{"random":1}'], ['logging', '[1]'],
    ['logging', '["a",{}]'], ['logging', '[["nope"]]'], ['logging', '[[1]]'], ['getmemoryinfo', '["foobar"]'],
    ['getmemoryinfo', '[{}]'], ['setmocktime', '["1"]'], ['setmocktime', '[null]'], ['setmocktime', '[-1]'],
    ['setmocktime', '[9223372037]'], ['setmocktime', '[1.5]'], ['setmocktime', '[1e3]'],
    ['setmocktime', '[99999999999999999999999]'], ['mockscheduler', '[0]'], ['mockscheduler', '[3601]'],
    ['mockscheduler', '[true]'],
  ].map(([method, params]) => `{"method":"${method}","params":${params},"id":1}`),
];

describeWithBitcoind('answers are those of bitcoind', (binary) => {
  let core: BitcoindPeer;
  let address: string;
  beforeAll(async () => {
    const port = await freePort();
    address = `127.0.0.1:${port}`;
    core = await startBitcoind(binary, [
      ...ARGS, '-rpcallowip=127.0.0.1', '-rpcbind=127.0.0.1', `-rpcbind=${address}`,
    ]);
  });
  afterAll(async () => core?.stop());

  const shown = (response: RawResponse | undefined): unknown => ({
    status: response?.status,
    type: response?.status === 200 ? response.headers.get('content-type') : undefined,
    realm: response?.headers.get('www-authenticate'),
    body: response?.body,
  });

  test('to every body', async () => {
    const ours = await startTestRpc(ARGS);
    for (const user of ['user', 'limited']) {
      for (const body of BODIES) {
        const request = post(body, { authorization: basic(user, 'pw') });
        const [expected, actual] = [await exchange(address, request), await exchange(ours.address, request)];
        expect([user, String(body), shown(actual)]).toEqual([user, String(body), shown(expected)]);
      }
    }
  });

  test('to methods, paths and passwords', async () => {
    const ours = await startTestRpc(ARGS);
    const authorization = basic('user', 'pw');
    const requests = [
      'GET / HTTP/1.1\r\n\r\n',
      'PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
      `GET /${'x'.repeat(1_000)} HTTP/1.1\r\n\r\n`,
      post('{}'),
      post('{"method":"echo"}', { authorization: basic('user', 'wrong') }),
      post('{"method":"echo"}', { authorization: basic('nobody', 'pw') }),
      post('{"method":"echo"}', { authorization: 'Basic dXNlcjpwdw' }),
      post('{"method":"echo"}', { authorization: 'Basic   dXNlcjpwdw==  ' }),
      post('{"method":"echo"}', { authorization: 'basic dXNlcjpwdw==' }),
      post('{"method":"echo"}', { authorization, path: '/?a' }),
      post('{"method":"echo"}', { authorization, path: '/x' }),
    ];
    for (const request of requests) {
      const [expected, actual] = [await exchange(address, request), await exchange(ours.address, request)];
      expect([String(request), shown(actual)]).toEqual([String(request), shown(expected)]);
    }
    for (const request of [`GET /${'x'.repeat(10_000)} HTTP/1.1\r\n\r\n`, 'nonsense\r\n\r\n']) {
      const [expected, actual] = [await exchange(address, request), await exchange(ours.address, request)];
      expect([request.slice(0, 9), actual?.status]).toEqual([request.slice(0, 9), expected?.status]);
    }
  });
});
