import { afterEach, describe, expect, test } from '@jest/globals';
import {
  HttpServer, MAX_SIZE, type HttpRoute, type HttpServerOptions,
} from '../../src/rpc/http-server.ts';
import { exchange, post, RawConnection } from '../support/raw-http.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** Answers with the body, once `release` lets it. */
class Gate implements HttpRoute {
  readonly path = '/';
  readonly exact: boolean = true;
  readonly bodies: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #arrivals: (() => void)[] = [];
  aborted = 0;
  isOpen = true;

  open = (head: Parameters<HttpRoute['open']>[0]): ReturnType<HttpRoute['open']> => ({
    wantsBody: head.header('x-drop') === undefined,
    run: async (body) => {
      this.bodies.push(Buffer.from(body).toString());
      for (const arrived of this.#arrivals.splice(0)) arrived();
      if (!this.isOpen) {
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
          head.signal.addEventListener('abort', () => {
            this.aborted++;
            resolve();
          });
        });
      }
      return { status: 200, body: `<${Buffer.from(body).toString()}>` };
    },
  });

  /** Resolves when so many requests have arrived altogether. */
  async arrived(count: number): Promise<void> {
    while (this.bodies.length < count) {
      await new Promise<void>((resolve) => this.#arrivals.push(resolve));
    }
  }

  release(): void {
    this.#waiting.shift()?.();
  }
}

async function start(
  route: HttpRoute,
  options: Partial<HttpServerOptions> = {},
): Promise<{ readonly server: HttpServer; readonly address: string; readonly bugs: unknown[] }> {
  const bugs: unknown[] = [];
  const server = new HttpServer({
    routes: [route], allows: () => true, threads: 2, workQueue: 64, timeout: 0,
    log: { warning: () => {}, debug: () => {} }, bug: (error) => bugs.push(error),
    ...options,
  });
  servers.push(server);
  return { server, address: await server.listen('127.0.0.1', 0), bugs };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\n\r\n`;

describe('requests', () => {
  test('paths, methods, and clients that are not allowed', async () => {
    const { address } = await start(new Gate());
    expect((await exchange(address, get('/')))?.status).toBe(200);
    expect((await exchange(address, get('/x')))?.status).toBe(404);
    expect((await exchange(address, get(`/${'x'.repeat(1_000)}`)))?.status).toBe(404);
    expect((await exchange(address, get(`/${'x'.repeat(10_000)}`)))?.status).toBe(400);
    expect((await exchange(address, 'DELETE / HTTP/1.1\r\n\r\n'))?.status).toBe(405);
    expect((await exchange(address, 'no http\r\n\r\n'))?.status).toBe(400);
    const refused = await start(new Gate(), { allows: (host) => host !== '127.0.0.1' });
    expect((await exchange(refused.address, get('/')))?.status).toBe(403);
  });

  test('many over one connection, also in chunks, and without the body if it is not wanted', async () => {
    const { address } = await start(new Gate());
    const connection = await RawConnection.open(address);
    for (const body of ['a', '', 'c'.repeat(100_000)]) {
      connection.send(post(body));
      expect((await connection.response())?.body).toBe(`<${body}>`);
    }
    connection.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n');
    expect((await connection.response())?.body).toBe('<abc>');
    connection.send('POST / HTTP/1.1\r\nX-Drop: 1\r\nContent-Length: 3\r\n\r\nabc');
    expect((await connection.response())?.body).toBe('<>');
    connection.send('POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    expect((await connection.response())?.body).toBe('<>');
    await connection.ended();
  });

  test('those sent at once are answered in turn: the second starts when the first is answered', async () => {
    const gate = new Gate();
    gate.isOpen = false;
    const { address } = await start(gate);
    const connection = await RawConnection.open(address);
    connection.send(Buffer.concat([post('1'), post('2')]));
    await gate.arrived(1);
    // Another connection is served meanwhile.
    const other = await RawConnection.open(address);
    other.send(post('other'));
    await gate.arrived(2);
    expect(gate.bodies).toEqual(['1', 'other']);
    gate.isOpen = true;
    gate.release();
    expect((await connection.response())?.body).toBe('<1>');
    expect((await connection.response())?.body).toBe('<2>');
    gate.release();
    expect((await other.response())?.body).toBe('<other>');
    connection.close();
    other.close();
  });

  test('whoever sends too many without waiting is hung up on', async () => {
    const gate = new Gate();
    gate.isOpen = false;
    const { address } = await start(gate);
    const connection = await RawConnection.open(address);
    connection.send(get('/').repeat(200));
    await connection.ended();
    expect(gate.bodies).toHaveLength(1);
  });

  test('a body of more than 32 MiB', async () => {
    const gate = new Gate();
    const { address } = await start(gate);
    const announced = `POST / HTTP/1.1\r\nContent-Length: ${MAX_SIZE + 1}\r\n\r\n`;
    expect((await exchange(address, announced))?.status).toBe(413);
    const connection = await RawConnection.open(address);
    connection.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `100000\r\n${'a'.repeat(0x100000)}\r\n`;
    for (let i = 0; i <= MAX_SIZE / 0x100000; i++) connection.send(chunk);
    expect((await connection.response())?.status).toBe(413);
    await connection.ended();
    expect(gate.bodies).toEqual([]);
  });

  test('a route that fails answers 500, and the server goes on', async () => {
    const failing: HttpRoute = {
      path: '/', exact: true,
      open: () => ({ wantsBody: true, run: () => Promise.reject(new Error('oops')) }),
    };
    const { address, bugs } = await start(failing);
    expect((await exchange(address, post('')))?.status).toBe(500);
    expect((await exchange(address, post('')))?.status).toBe(500);
    expect(bugs).toHaveLength(2);
  });
});

describe('limits', () => {
  test('two at a time, one waits, the fourth is refused', async () => {
    const gate = new Gate();
    gate.isOpen = false;
    const { address } = await start(gate, { workQueue: 1 });
    const connections: RawConnection[] = [];
    for (const body of ['1', '2', '3']) {
      const connection = await RawConnection.open(address);
      connection.send(post(body));
      connections.push(connection);
      await gate.arrived(Math.min(2, connections.length));
    }
    // The third is somewhere on its way; it is in the queue once a fourth is refused.
    let response = await exchange(address, post('4'));
    while (response?.status === 200) response = await exchange(address, post('4'));
    expect(response).toMatchObject({ status: 503, body: 'Work queue depth exceeded' });
    expect(gate.bodies).toEqual(['1', '2']);
    gate.isOpen = true;
    gate.release();
    gate.release();
    for (const [i, connection] of connections.entries()) {
      expect((await connection.response())?.body).toBe(`<${i + 1}>`);
      connection.close();
    }
  });

  test('silence: within a request and between requests, but not while it is worked on', async () => {
    const gate = new Gate();
    gate.isOpen = false;
    const { address } = await start(gate, { timeout: 300 });
    const [idle, half, working] = [
      await RawConnection.open(address), await RawConnection.open(address), await RawConnection.open(address),
    ];
    half.send('GET / HTTP/1.1\r\nHost: somehost\r\n');
    working.send(post('x'));
    await gate.arrived(1);
    await idle.ended();
    await half.ended();
    expect(half.hasReceived).toBe(false);
    gate.release();
    expect((await working.response())?.body).toBe('<x>');
    await working.ended();
  });
});

describe('the end', () => {
  test('calls that wait are ended and answered, then connections are closed', async () => {
    const gate = new Gate();
    gate.isOpen = false;
    const { server, address } = await start(gate);
    const waiting = await RawConnection.open(address);
    const idle = await RawConnection.open(address);
    waiting.send(post('x'));
    await gate.arrived(1);
    const stopped = server.stop();
    expect(await waiting.response()).toMatchObject({ status: 200, body: '<x>' });
    await stopped;
    await Promise.all([waiting.ended(), idle.ended()]);
    await expect(RawConnection.open(address)).rejects.toThrow();
  });

  test('a client that goes away ends its call', async () => {
    const gate = new Gate();
    gate.isOpen = false;
    const { address } = await start(gate, { threads: 1 });
    const connection = await RawConnection.open(address);
    connection.send(post('x'));
    await gate.arrived(1);
    connection.close();
    gate.isOpen = true;
    // There is one thread: this is answered because the other call is over.
    expect((await exchange(address, post('y')))?.body).toBe('<y>');
    expect(gate.aborted).toBe(1);
  });
});
