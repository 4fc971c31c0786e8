import { afterEach, describe, expect, test } from '@jest/globals';
import { startBcoin, type BcoinPeer } from '@btcp2p/bcoin-peer';
import { RegtestChain } from '@btcp2p/regtest';
import { nativeSha256d } from '@btcp2p/reactor';
import { hashToHex } from '@btcp2p/wire';
import { TestNode, until } from './support/test-node.ts';

describe('bcoin 1.0.2', () => {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).toReversed()) await close();
  });

  async function bcoinPeer(options: Parameters<typeof startBcoin>[0]): Promise<BcoinPeer> {
    const bcoin = await startBcoin(options);
    open.push(() => bcoin.stop());
    return bcoin;
  }

  async function startNode(args: readonly string[] = []): Promise<TestNode> {
    const node = await TestNode.start(args);
    open.push(() => node.remove());
    return node;
  }

  test('we shake hands with it and sync its headers and blocks', async () => {
    const bcoin = await bcoinPeer({ blocks: 60, listen: true });
    const node = await startNode([`-connect=127.0.0.1:${bcoin.port}`]);
    await node.reached(60);
    expect(node.log).toContain(`UpdateTip: new best=${await bcoin.tipHash()} height=60`);
    expect(node.running.peers()[0]).toMatchObject({ subver: '/bcoin:v1.0.2/', version: 70015 });
    // It announces by inv, since it never asks for headers.
    await bcoin.mine(3);
    await node.reached(63);
    const [info] = await bcoin.peers();
    expect(info).toMatchObject({ direction: 'inbound', banScore: 0 });
  });

  test('it shakes hands with us and syncs our blocks', async () => {
    const chain = new RegtestChain(nativeSha256d);
    // The blocks are of 2011; with this, they count as new, and are announced.
    const node = await startNode(['-maxtipage=9999999999']);
    // More than one answer to getblocks holds, so that it has to be told to ask again.
    await node.submit(chain.mine(620));
    await node.reached(620);
    const bcoin = await bcoinPeer({});
    await bcoin.addPeer(node.address);
    await bcoin.waitForHeight(620, 20_000);
    expect(await bcoin.tipHash()).toBe(hashToHex(chain.headers.hash(chain.headers.best)));

    await node.submit(chain.mine(1));
    await bcoin.waitForHeight(621, 20_000);
    const [info] = await bcoin.peers();
    expect(info).toMatchObject({ direction: 'outbound', banScore: 0 });
    await until(() => node.running.status.inbound === 1, () => 'not inbound');
  });
});
