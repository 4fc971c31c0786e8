import { describe, expect, test } from '@jest/globals';
import { Bip324Error, type SessionOptions, v2Streams, type V2Streams } from '../src/index.ts';
import { pattern } from './support/bytes.ts';
import { ellSwift, MAGIC, seededRng } from './support/sessions.ts';

const streams = (role: 'initiator' | 'responder', options: Partial<SessionOptions> = {}): V2Streams =>
  v2Streams({ role, magic: MAGIC, rng: seededRng(role === 'initiator' ? 1 : 2), ellSwift, ...options });

/** What a promise came to. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  );

/** Two ends, and the pipes between them. */
function connected(options: Partial<SessionOptions> = {}) {
  const a = streams('initiator', options);
  const b = streams('responder');
  const pipes = [
    outcome(a.encrypt.readable.pipeTo(b.decrypt.writable)),
    outcome(b.encrypt.readable.pipeTo(a.decrypt.writable)),
  ];
  return { a, b, pipes };
}

describe('v2Streams', () => {
  test('two of them talk: contents come out as they went in, and an end comes through', async () => {
    const { a, b, pipes } = connected();
    const [toB, toA] = [a.encrypt.writable.getWriter(), b.encrypt.writable.getWriter()];
    const [fromA, fromB] = [b.decrypt.readable.getReader(), a.decrypt.readable.getReader()];
    for (const size of [0, 1, 1_000, 300_000]) {
      void toB.write(pattern(size, 1));
      void toA.write(pattern(size, 2));
      const [one, other] = await Promise.all([fromA.read(), fromB.read()]);
      expect(Buffer.compare(one.value!, pattern(size, 1))).toBe(0);
      expect(Buffer.compare(other.value!, pattern(size, 2))).toBe(0);
    }
    expect(a.session.sessionId).toEqual(b.session.sessionId);
    // What is sent right before the end still arrives.
    void toA.write(pattern(70_000, 3));
    void toB.write(pattern(70_000, 4));
    expect(await outcome(toB.close())).toBe('done');
    expect((await fromA.read()).value).toHaveLength(70_000);
    expect((await fromA.read()).done).toBe(true);
    expect((await fromB.read()).value).toHaveLength(70_000);
    expect((await fromB.read()).done).toBe(true);
    expect(await Promise.all(pipes)).toEqual(['done', 'done']);
    expect([a.session.stage, b.session.stage]).toEqual(['closed', 'closed']);
  });

  test('the handshake goes on with nobody reading or writing contents', async () => {
    const { a, b } = connected();
    while (a.session.stage !== 'established' || b.session.stage !== 'established') {
      await new Promise(setImmediate);
    }
  });

  test('what a peer does wrong is an error of all streams, and of its code', async () => {
    const { encrypt, decrypt, session } = streams('responder');
    const writer = decrypt.writable.getWriter();
    const failures = [decrypt, encrypt].map(({ readable }) => outcome(readable.getReader().read()));
    const message = Buffer.concat([MAGIC, Buffer.from('version\0\0\0\0\0'), pattern(10)]);
    await outcome(writer.write(new Uint8Array(message)));
    for (const failure of await Promise.all(failures)) {
      expect(failure).toBeInstanceOf(Bip324Error);
      expect(failure).toMatchObject({ name: 'Bip324Error', code: 'v1-detected' });
    }
    for (const each of [encrypt.writable.getWriter(), writer]) {
      expect(await outcome(each.write(pattern(1)))).toMatchObject({ code: 'v1-detected' });
    }
    expect(session.stage).toBe('failed');
  });

  test('a peer that goes away during the handshake is an error', async () => {
    const { encrypt, decrypt, session } = streams('initiator');
    const reading = outcome(decrypt.readable.getReader().read());
    const sending = outcome(encrypt.writable.getWriter().closed);
    void encrypt.readable.pipeTo(new WritableStream()).catch(() => {});
    expect(await outcome(decrypt.writable.getWriter().close())).toMatchObject({ code: 'closed' });
    expect(await reading).toMatchObject({ code: 'closed' });
    expect(await sending).toMatchObject({ code: 'closed' });
    expect(session.stage).toBe('closed');
  });

  test('so is the end of what is to be sent, while it waits for keys', async () => {
    const { encrypt, session } = streams('initiator');
    const writer = encrypt.writable.getWriter();
    await writer.write(pattern(10));
    expect(await outcome(writer.close())).toMatchObject({ code: 'closed' });
    expect(session.stage).toBe('closed');
  });

  test('a peer whose connection is cancelled: all is over', async () => {
    const { a, b, pipes } = connected();
    const reader = b.decrypt.readable.getReader();
    await a.encrypt.writable.getWriter().write(pattern(3));
    expect((await reader.read()).value).toEqual(pattern(3));
    await reader.cancel();
    await Promise.all(pipes);
    expect([a.session.stage, b.session.stage]).toEqual(['closed', 'closed']);
  });

  test('contents that are too long are the error of whoever writes them', async () => {
    const { encrypt } = streams('initiator');
    const writer = encrypt.writable.getWriter();
    expect(await outcome(writer.write(new Uint8Array(2 ** 24)))).toBeInstanceOf(RangeError);
  });
});
