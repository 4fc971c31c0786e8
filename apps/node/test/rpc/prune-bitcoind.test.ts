import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RegtestChain } from '@btcp2p/regtest';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { hashToHex } from '@btcp2p/wire';
import { BothNodes } from '../support/both-nodes.ts';
import { comparable } from '../support/comparable.ts';
import { temporaryDirectory } from '../support/support.ts';

describeWithBitcoind('blocks are deleted as bitcoind deletes them', (binary) => {
  const chain = new RegtestChain();
  let both: BothNodes;

  async function same(method: string, params = '[]'): Promise<void> {
    const { theirs, ours } = await both.call(method, params);
    expect([method, params, comparable(ours)]).toEqual([method, params, comparable(theirs)]);
  }

  beforeAll(async () => {
    both = await BothNodes.start(binary, ['-prune=1', '-fastprune=1']);
    await both.call('setmocktime', `[${chain.headers.time(0) + 600 * 500}]`);
  });
  afterAll(async () => both?.stop());

  test('not while there are too few', async () => {
    await both.submit(chain.mine(99, { padding: 2_000 }));
    await same('pruneblockchain', '[1]');
    await both.submit(chain.mine(1, { padding: 2_000 }));
    for (const params of ['[-1]', '[101]', '[1]', '["1"]', '[1.5]', '[4000000000]', '[2000000000]']) {
      await same('pruneblockchain', params);
    }
  });

  test('up to a height or a time', async () => {
    await both.submit(chain.mine(350, { padding: 1_200 }));
    const time = chain.headers.time(100) + 2 * 60 * 60;
    for (const params of ['0', '10', '60', '61', String(time), '161', '162', '163', '400', '451']) {
      await same('pruneblockchain', `[${params}]`);
      await same('getblockchaininfo');
    }
  });

  test('and nobody goes back behind them', async () => {
    const hashOf = (height: number): string => hashToHex(chain.blocks[height - 1]!.hash());
    for (const height of [445, 170, 100]) {
      await same('invalidateblock', `["${hashOf(height)}"]`);
      await same('getblockcount');
      await same('getchaintips');
      await same('reconsiderblock', `["${hashOf(height)}"]`);
      await same('getblockcount');
    }
    await same('gettxoutsetinfo', '["muhash"]');
  });

  test('and are missed then', async () => {
    for (const height of [1, 61, 162, 163, 450]) {
      const hash = hashToHex(chain.blocks[height - 1]!.hash());
      await same('getblock', `["${hash}"]`);
      await same('getblock', `["${hash}",3]`);
      await same('getblockheader', `["${hash}"]`);
      await same('getblockstats', `["${hash}"]`);
      await same('getrawtransaction', `["${hashToHex(chain.blocks[height - 1]!.txid(0))}",2,"${hash}"]`);
    }
    for (const params of ['[3,100]', '[4,0]', '[0,1000]']) await same('verifychain', params);
    const file = join(temporaryDirectory(), 'utxo');
    await same('dumptxoutset', `["${file}","rollback",{"rollback":10}]`);
    await same('gettxoutsetinfo', '["muhash"]');
    await same('getchaintips');
    await same('getchaintxstats', '[10]');
  });
});
