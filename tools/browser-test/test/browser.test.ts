import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nativeAead } from '@btcp2p/reactor';
import { regtest, toHex, type Message } from '@btcp2p/wire';
import {
  BrowserPage,
  bundle,
  packetsOf,
  PeerEnd,
  SessionEnd,
  type PacketVector,
  type SessionReport,
} from '../src/index.ts';
import { describeWithChromium } from './support/describe-with-chromium.ts';

/** Both sides' ciphers change their keys twice on the way (BIP 324: every 224 packets). */
const COUNT = 500;

/** The contents that arrive of {@link packetsOf}: those of packets that are not decoys. */
function arriving(count: number): string[] {
  return packetsOf(count).filter(({ ignore }) => !ignore).map(({ contents }) => contents);
}

function expectGood(report: SessionReport | undefined, sessionId: string | undefined): void {
  expect(report).toEqual({
    stage: 'established',
    sessionId,
    contents: arriving(COUNT),
    decoysReceived: COUNT / 10,
    failure: undefined,
  });
  expect(sessionId).toMatch(/^[0-9a-f]{64}$/);
}

/** Types with and without a short id in BIP 324, and one that is longer than they are: of all sorts. */
const MESSAGES: readonly Message[] = [
  { type: 'getaddr', payload: {} },
  { type: 'inv', payload: { inventory: [{ type: 'wtx', hash: new Uint8Array(32).fill(0xfe) }] } },
  { type: 'unknown', payload: { messageType: 'news', bytes: Uint8Array.of(1, 2, 3) } },
];

/** The first two rows of BIP 324's packet_encoding_test_vectors.csv, and what is to come of them. */
const VECTORS: readonly (PacketVector & { out_session_id: string; out_ciphertext: string })[] = [
  {
    in_idx: 1,
    in_priv_ours: '61062ea5071d800bbfd59e2e8b53d47d194b095ae5a4df04936b49772ef0d4d7',
    in_ellswift_ours: 'ec0adff257bbfe500c188c80b4fdd640f6b45a482bbc15fc7cef5931deff0aa186f6eb9bba7b85dc4dcc28b28722de1e3d9108b985e2967045668f66098e475b',
    in_ellswift_theirs: 'a4a94dfce69b4a2a0a099313d10f9f7e7d649d60501c9e1d274c300e0d89aafaffffffffffffffffffffffffffffffffffffffffffffffffffffffff8faf88d5',
    in_initiating: true,
    in_contents: '8e',
    out_session_id: 'ce72dffb015da62b0d0f5474cab8bc72605225b0cee3f62312ec680ec5f41ba5',
    out_ciphertext: '7530d2a18720162ac09c25329a60d75adf36eda3c3',
  },
  {
    in_idx: 999,
    in_priv_ours: '6f312890ec83bbb26798abaadd574684a53e74ccef7953b790fcc29409080246',
    in_ellswift_ours: 'a8785af31c029efc82fa9fc677d7118031358d7c6a25b5779a9b900e5ccd94aac97eb36a3c5dbcdb2ca5843cc4c2fe0aaa46d10eb3d233a81c3dde476da00eef',
    in_ellswift_theirs: 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f0000000000000000000000000000000000000000000000000000000000000000',
    in_initiating: false,
    in_contents: '3eb1d4e98035cfd8eeb29bac969ed3824a',
    out_session_id: 'b0490e26111cb2d55bbff2ace00f7f644f64006539abb4e7513f05107bb10608',
    out_ciphertext: 'd78adbcba0eebfb15cfbd8142c84dc729d233d0dc11b1d851e46a114122b8d5b96b7d59317',
  },
];

describeWithChromium('in Chromium', (chromium) => {
  let page: BrowserPage;

  beforeAll(async () => {
    page = await BrowserPage.open(chromium, (await bundle(BrowserPage.entry)).code);
    process.stdout.write(`Chromium ${page.version}\n`);
  }, 60_000);

  afterAll(async () => {
    await page?.close();
  });

  test.each([1, 17, 64, 1_000, 1e9])('two sessions talk in chunks of %d', async (chunk) => {
    const { initiator, responder } = await page.call('twoSessions', COUNT, chunk);
    expectGood(initiator, responder.sessionId);
    expectGood(responder, initiator.sessionId);
  });

  test.each(VECTORS)('a session makes packet $in_idx of BIP 324', async (vector) => {
    const { out_session_id, out_ciphertext, ...inputs } = vector;
    expect(await page.call('runVector', inputs)).toEqual({ out_session_id, out_ciphertext });
  });

  test.each([1, 100, 1e9])('streams talk in chunks of %d', async (size) => {
    const { sessionIds, toResponder, toInitiator } = await page.call('overStreams', 300, size);
    expect(sessionIds).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), sessionIds[0]]);
    expect(toResponder).toEqual(packetsOf(300, 0).map(({ contents }) => contents));
    expect(toInitiator).toEqual(packetsOf(300, 1).map(({ contents }) => contents));
  });

  test.each(['initiator', 'responder'] as const)('its %s talks to a session of Node', async (role) => {
    // Which has OpenSSL's ciphers, where the page has those in JavaScript.
    const end = new SessionEnd(role === 'initiator' ? 'responder' : 'initiator', nativeAead);
    await page.call('makeEnds', role);
    end.send(packetsOf(COUNT));
    await page.call('sendPackets', packetsOf(COUNT));
    await talkTo('session', end);
    const report = await page.call('sessionReport');
    expectGood(report, end.report().sessionId);
    expectGood(end.report(), report.sessionId);
  });

  test('two peers shake hands and talk over V2Transport', async () => {
    const { initiator, responder } = await page.call('twoPeers', MESSAGES);
    const both = { stage: 'established', transport: 'v2', disconnected: undefined };
    expect(initiator).toMatchObject({ ...both, userAgent: '/b/', messages: [] });
    expect(responder).toMatchObject({ ...both, userAgent: '/a/', messages: MESSAGES });
    expect(initiator.sessionId).toMatch(/^[0-9a-f]{64}$/);
    expect(responder.sessionId).toBe(initiator.sessionId);
  });

  test('its peer talks to a peer of Node', async () => {
    const end = new PeerEnd('responder', '/node/');
    await page.call('makeEnds', 'initiator');
    await talkTo('peer', end);
    for (const message of MESSAGES) {
      end.send(message);
      await page.call('sendMessage', message);
    }
    await talkTo('peer', end);
    const reports = [await page.call('peerReport'), end.report()];
    for (const report of reports) {
      expect(report).toMatchObject({ stage: 'established', transport: 'v2', messages: MESSAGES });
    }
    expect(reports.map(({ userAgent }) => userAgent)).toEqual(['/node/', '/page/']);
    expect(reports[0]?.sessionId).toMatch(/^[0-9a-f]{64}$/);
    expect(reports[1]?.sessionId).toBe(reports[0]?.sessionId);
  });

  test('wire decodes and hashes', async () => {
    // Core's `genesis_block_hash` of regtest (kernel/chainparams.cpp).
    expect(await page.call('blockHash', toHex(regtest.genesis.bytes))).toBe(
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    );
  });

  test('the page complains of nothing', () => {
    expect(page.errors).toEqual([]);
  });

  /** Passes bytes between an end here and one in the page, until neither has any. */
  async function talkTo(name: 'session' | 'peer', end: SessionEnd | PeerEnd): Promise<void> {
    for (let toPage = end.takeBytes(), isFirst = true; ; toPage = end.takeBytes(), isFirst = false) {
      const toNode = await page.call('pass', name, toPage);
      if (!isFirst && toPage.length + toNode.length === 0) return;
      end.receive(toNode);
    }
  }
});
