import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { NodeError } from '../../src/node-error.ts';
import { startRpc } from '../../src/rpc/start-rpc.ts';
import { basic, exchange, post, RawConnection } from '../support/raw-http.ts';
import { FakeControl, rpcOptionsOf, startTestRpc, type TestRpc } from '../support/rpc-server.ts';
import { temporaryDirectory } from '../support/support.ts';

/** An `-rpcauth` for a password. */
function rpcauth(user: string, password: string, salt = 'salt'): string {
  return `-rpcauth=${user}:${salt}$${createHmac('sha256', salt).update(password).digest('hex')}`;
}

/** The status and body that a call gets. */
async function send(
  rpc: TestRpc,
  body: unknown,
  authorization = `Basic ${Buffer.from(rpc.cookie()).toString('base64')}`,
): Promise<readonly [status: number, body: string]> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await exchange(rpc.address, post(text, { authorization }));
  return [response!.status, response!.body];
}

/** Whether a user may call a method: the status. */
async function status(rpc: TestRpc, user: string, password: string, method = 'uptime'): Promise<number> {
  return (await send(rpc, { method }, basic(user, password)))[0];
}

describe('JSON-RPC over HTTP', () => {
  test('the versions of the protocol', async () => {
    const rpc = await startTestRpc();
    expect(await send(rpc, { method: 'uptime', id: 1 })).toEqual([
      200, '{"result":12,"error":null,"id":1}\n',
    ]);
    expect(await send(rpc, { jsonrpc: '1.0', method: 'uptime' })).toEqual([
      200, '{"result":12,"error":null}\n',
    ]);
    expect(await send(rpc, { jsonrpc: '2.0', method: 'uptime', id: 'a' })).toEqual([
      200, '{"jsonrpc":"2.0","result":12,"id":"a"}\n',
    ]);
    expect(await send(rpc, { jsonrpc: '2.0', method: 'nope', id: null })).toEqual([
      200, '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":null}\n',
    ]);
    expect(await send(rpc, { method: 'nope', id: 2 })).toEqual([
      404, '{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":2}\n',
    ]);
    expect((await send(rpc, { method: 'help', params: ['a', 'b'] }))[0]).toBe(500);
    expect(await send(rpc, { jsonrpc: '2.0', method: 'stop' })).toEqual([204, '']);
    expect(rpc.control.calls).toEqual(['shutdown']);
  });

  test('the type of answers is exactly application/json', async () => {
    const rpc = await startTestRpc();
    const authorization = `Basic ${Buffer.from(rpc.cookie()).toString('base64')}`;
    const response = await exchange(rpc.address, post('{"method":"uptime"}', { authorization }));
    expect(response?.headers.get('content-type')).toBe('application/json');
  });

  test('calls are refused until the start is over', async () => {
    const directory = temporaryDirectory();
    const rpc = await startRpc({
      options: rpcOptionsOf('-rpcuser=u', '-rpcpassword=p'),
      directory,
      context: { control: new FakeControl() },
      log: { info: () => {}, warning: () => {}, error: () => {}, debug: () => {} },
    });
    const body = post('{"method":"uptime"}', { authorization: basic('u', 'p') });
    try {
      const answer = async (): Promise<string | undefined> =>
        (await exchange(rpc.addresses[0]!, body))?.body;
      expect(await answer()).toContain('{"code":-28,"message":"RPC server started"}');
      rpc.setWarmupStatus('Verifying blocks…');
      expect(await answer()).toContain('-28,"message":"Verifying blocks…"');
      rpc.finishWarmup();
      expect(await answer()).toContain('"result":12');
    } finally {
      await rpc.stop();
    }
  });
});

describe('who may call', () => {
  test('whoever can read the cookie, which is gone at the end', async () => {
    const rpc = await startTestRpc();
    const path = join(rpc.directory, '.cookie');
    expect(rpc.cookie()).toMatch(/^__cookie__:[0-9a-f]{64}$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.tmp`)).toBe(false);
    expect((await send(rpc, { method: 'uptime' }))[0]).toBe(200);
    await rpc.rpc.stop();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['owner', 0o600], ['group', 0o640], ['all', 0o644],
  ])('-rpccookieperms=%s', async (name, mode) => {
    const rpc = await startTestRpc([`-rpccookieperms=${name}`, '-rpccookiefile=c']);
    expect(statSync(join(rpc.directory, 'c')).mode & 0o777).toBe(mode);
  });

  test('others are told so, after a while if they guess', async () => {
    const rpc = await startTestRpc();
    const ask = { method: 'uptime' };
    const missing = await exchange(rpc.address, post(JSON.stringify(ask)));
    expect(missing).toMatchObject({ status: 401, body: '' });
    expect(missing?.headers.get('www-authenticate')).toBe('Basic realm="jsonrpc"');
    const start = performance.now();
    const password = rpc.cookie().split(':')[1]!;
    const wrong = [
      basic('__cookie__', `${password}x`), basic('__cookie__', ''), basic('x', password), 'Basic',
      `Bearer ${password}`, 'Basic ####', `basic ${Buffer.from(rpc.cookie()).toString('base64')}`,
    ];
    const statuses = await Promise.all(wrong.map((each) => send(rpc, ask, each)));
    expect(statuses.map(([code]) => code)).toEqual(wrong.map(() => 401));
    expect(performance.now() - start).toBeGreaterThanOrEqual(245);
    expect(rpc.lines.join('\n')).toContain('\nThreadRPCServer incorrect password attempt from 127.');
    expect(rpc.lines.join()).not.toContain(password);
  });

  test('what a stranger sends is not kept', async () => {
    const rpc = await startTestRpc();
    const connection = await RawConnection.open(rpc.address);
    connection.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let i = 0; i < 16; i++) connection.send(`100000\r\n${'x'.repeat(0x100000)}\r\n`);
    connection.send('0\r\n\r\n');
    expect((await connection.response())?.status).toBe(401);
    connection.close();
  });

  test('-rpcauth, -rpcuser and -rpcpassword, names of any letters', async () => {
    const rpc = await startTestRpc([
      rpcauth('a', 'pw'), rpcauth('b', 'pw🔑:'), '-rpcuser=rpcuser💻', '-rpcpassword=rpcpassword🔑',
    ]);
    expect(existsSync(join(rpc.directory, '.cookie'))).toBe(false);
    expect(await status(rpc, 'a', 'pw')).toBe(200);
    expect(await status(rpc, 'b', 'pw🔑:')).toBe(200);
    expect(await status(rpc, 'rpcuser💻', 'rpcpassword🔑')).toBe(200);
    expect(await status(rpc, 'rpcuser💻', 'pw')).toBe(401);
    expect(await status(rpc, 'a', 'pw🔑:')).toBe(401);
  });

  test('-norpccookiefile writes none', async () => {
    const rpc = await startTestRpc(['-norpccookiefile', rpcauth('a', 'pw')]);
    expect(existsSync(join(rpc.directory, '.cookie'))).toBe(false);
    expect(await status(rpc, 'a', 'pw')).toBe(200);
  });

  test('-rpcwhitelist', async () => {
    const users = ['one', 'two', 'none', 'both', 'free'].map((user) => rpcauth(user, 'p'));
    const lists = ['one:uptime,help,', 'two:help', 'none:', 'both:uptime, help', 'both:help'];
    const rpc = await startTestRpc([
      ...users, ...lists.map((list) => `-rpcwhitelist=${list}`), '-rpcwhitelistdefault=0',
    ]);
    const statuses = async (server: TestRpc): Promise<Record<string, number[]>> => {
      const result: Record<string, number[]> = {};
      for (const user of ['one', 'two', 'none', 'both', 'free']) {
        result[user] = [await status(server, user, 'p', 'uptime'), await status(server, user, 'p', 'help')];
      }
      return result;
    };
    const expected = { one: [200, 200], two: [403, 200], none: [403, 403], both: [403, 200] };
    expect(await statuses(rpc)).toEqual({ ...expected, free: [200, 200] });
    const strict = await startTestRpc([...users, ...lists.map((list) => `-rpcwhitelist=${list}`)]);
    expect(await statuses(strict)).toEqual({ ...expected, free: [403, 403] });
    const batch = (methods: readonly string[]): Promise<readonly [number, string]> =>
      send(rpc, methods.map((method) => ({ method, id: 1 })), basic('two', 'p'));
    expect((await batch(['help', 'help']))[0]).toBe(200);
    expect((await batch(['help', 'uptime']))[0]).toBe(403);
  });
});

describe('starts that fail', () => {
  async function refusal(args: readonly string[], directory = temporaryDirectory()): Promise<string> {
    const lines: string[] = [];
    const note = (text: string): void => void lines.push(text);
    const start = startRpc({
      options: rpcOptionsOf(...args),
      directory,
      context: { control: new FakeControl() },
      log: { info: () => {}, warning: note, error: note, debug: () => {} },
    });
    await expect(start).rejects.toThrow(NodeError);
    await expect(start).rejects.toThrow('Unable to start HTTP server. See debug log for details.');
    expect(existsSync(join(directory, '.cookie'))).toBe(false);
    return lines.join('\n');
  }

  test.each(['', '=', '=""', '=foo', '=foo:bar', '=foo:bar:baz', '=foo$bar:baz', '=foo$bar$baz'])(
    '-rpcauth%s',
    async (value) => {
      const good = rpcauth('a', 'b');
      for (const args of [[`-rpcauth${value}`], [good, `-rpcauth${value}`, good]]) {
        expect(await refusal(args)).toBe('Invalid -rpcauth argument.');
      }
    },
  );

  test('-rpccookieperms, and a cookie that cannot be written', async () => {
    expect(await refusal(['-rpccookieperms=x'])).toContain('must be one of');
    const directory = temporaryDirectory();
    mkdirSync(join(directory, '.cookie.tmp'));
    expect(await refusal([], directory)).toContain('Unable to write authentication cookie');
  });

  test('nowhere to listen', async () => {
    const other = await startTestRpc();
    const port = other.address.split(':')[1]!;
    const args = ['-rpcallowip=127.0.0.1', `-rpcbind=127.0.0.1:${port}`];
    expect(await refusal(args)).toContain('Unable to bind any endpoint for RPC server');
  });
});

describe('Core’s own client', () => {
  const framework = process.env['BITCOIND'] === undefined
    ? undefined
    : join(process.env['BITCOIND'], '../../../test/functional');
  const hasPython = spawnSync('python3', ['--version']).status === 0;
  const isThere = framework !== undefined && existsSync(join(framework, 'test_framework/authproxy.py'));

  (isThere && hasPython ? test : test.skip)('authproxy.py', async () => {
    const rpc = await startTestRpc();
    const script = join(rpc.directory, 'client.py');
    writeFileSync(script, CLIENT);
    const { spawn } = await import('node:child_process');
    const child = spawn('python3', [script, `http://${rpc.cookie()}@${rpc.address}`], {
      env: { ...process.env, PYTHONPATH: framework, PYTHONDONTWRITEBYTECODE: '1' },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([output, code]).toEqual(['done\n', 0]);
    expect(rpc.control.calls).toEqual(['mock 5', 'shutdown']);
  });
});

/** Calls by position, by name, by both, in a batch, with errors; numbers stay exact. */
const CLIENT = `
import sys
from decimal import Decimal
from test_framework.authproxy import AuthServiceProxy, JSONRPCException

node = AuthServiceProxy(sys.argv[1])
assert node.uptime() == 12
assert node.echo(1, "a", None, [True]) == [1, "a", None, [True]]
assert node.echo(arg1=Decimal("0.10000000")) == [None, "0.10000000"]
assert node.echo(0, arg2=2) == [0, None, 2]
assert node.setmocktime(timestamp=5) is None
assert node.help("uptime").startswith("uptime\\n\\n")
for call, code, text in [
    (lambda: node.nonsense(), -32601, "Method not found"),
    (lambda: node.help(0), -3, "JSON value of type number is not of expected type string"),
    (lambda: node.help(random="x"), -8, "Unknown named parameter random"),
]:
    try:
        call()
        assert False
    except JSONRPCException as e:
        assert e.error["code"] == code and text in e.error["message"], e.error
batch = node.batch([node.echo.get_request(7), node.nonsense.get_request()])
assert batch[0]["result"] == [7] and batch[1]["error"]["code"] == -32601
assert node.stop(wait=0).endswith(" stopping")
print("done")
`;
