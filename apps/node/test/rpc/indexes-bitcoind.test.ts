// The indexes of filters and transactions, as they are asked for: against bitcoind, over blocks with reorgs.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { hashToHex, type BlockView } from '@btcp2p/wire';
import { BothNodes } from '../support/both-nodes.ts';
import { comparable } from '../support/comparable.ts';
import { SpendingBlocks } from '../support/spending-blocks.ts';
import { until } from '../support/test-node.ts';

type Call = readonly [method: string, params?: string];

const UNKNOWN = '11'.repeat(32);
const INDEXES = ['-txindex', '-blockfilterindex', '-acceptnonstdtxn=1'];

const world = new SpendingBlocks({ seed: 7n, reorgs: 12, depth: 6 });
const { headers, blocks } = world;
const hashOf = (block: BlockView): string => hashToHex(block.hash());
const genesis = hashToHex(headers.hash(0));

/** Calls of which the answers have to be the same to the byte. */
async function same(both: BothNodes, calls: readonly Call[]): Promise<string[]> {
  const different: object[] = [];
  const answers: string[] = [];
  for (const [method, params = '[]'] of calls) {
    const { theirs, ours } = await both.call(method, params);
    answers.push(ours);
    if (comparable(ours) !== comparable(theirs)) different.push({ method, params, ours, theirs });
  }
  expect(different).toEqual([]);
  return answers;
}

/** Waits until the indexes of bitcoind have all blocks: ours have them with the answer to a block. */
async function caughtUp(both: BothNodes): Promise<void> {
  await both.theirs('syncwithvalidationinterfacequeue');
  const limit = performance.now() + 20_000;
  while (performance.now() < limit) {
    const height = JSON.parse(await both.theirs('getblockcount')).result as number;
    const info = Object.values(JSON.parse(await both.theirs('getindexinfo')).result as object);
    if (info.every((each) => each.synced && each.best_block_height === height)) return;
  }
  throw new Error('the indexes of bitcoind do not catch up');
}

const filters = (of: readonly string[]): Call[] => of.map((hash) => ['getblockfilter', `["${hash}"]`]);

/** Every transaction with each verbosity, by its id alone. */
function transactions(of: readonly BlockView[]): Call[] {
  return of.flatMap((block) => Array.from({ length: block.transactionCount }, (_, i) => {
    const txid = hashToHex(block.txid(i));
    return [['getrawtransaction', `["${txid}",${i % 3}]`], ['getrawtransaction', `["${txid}",2]`]] as Call[];
  }).flat());
}

describeWithBitcoind('indexes answer as those of bitcoind', (binary) => {
  let both: BothNodes;
  beforeAll(async () => {
    both = await BothNodes.start(binary, INDEXES);
    await both.call('setmocktime', `[${headers.time(headers.best) + 100}]`);
    // Each chain that was the best is known to the indexes: both are given every block by itself.
    await both.submit(blocks);
    await caughtUp(both);
  }, 60_000);
  afterAll(async () => both?.stop());

  test('filters of all blocks, of the chain and others', async () => {
    const answers = await same(both, filters([genesis, ...blocks.map(hashOf), UNKNOWN]));
    const found = answers.filter((answer) => answer.includes('"filter"')).length;
    // Some blocks never were of the chain.
    expect(found).toBeGreaterThan(headers.height(headers.best) + 10);
    const [first] = blocks;
    await same(both, [
      ...['', '"basic"', '"extended"', '""', '0', 'null'].map((type): Call => [
        'getblockfilter', type === '' ? '[]' : `["${hashOf(first!)}",${type}]`,
      ]),
      ['getblockfilter', '["x"]'], ['getblockfilter', `["${UNKNOWN}","extended"]`], ['getblockfilter', '[1]'],
      ['getblockfilter', `{"filtertype":"basic","blockhash":"${genesis}"}`],
    ]);
  }, 60_000);

  test('all transactions, also those that are of no block of the chain any more', async () => {
    const answers = await same(both, transactions(blocks));
    expect(answers.some((answer) => answer.includes('"confirmations":0'))).toBe(true);
    const txid = hashToHex(blocks.at(-1)!.txid(0));
    const block = hashOf(blocks.at(-1)!);
    await same(both, [
      ...[
        '', ',0', ',1', ',2', ',3', ',true', ',false', ',-1', ',null', ',"1"',
      ].flatMap((verbosity): Call[] => [
        ['getrawtransaction', `["${txid}"${verbosity}]`],
        ['getrawtransaction', `["${UNKNOWN}"${verbosity}]`],
        ['getrawtransaction', `["${txid}"${verbosity === '' ? ',0' : verbosity},"${block}"]`],
        ['getrawtransaction', `["${txid}"${verbosity === '' ? ',0' : verbosity},"${genesis}"]`],
        ['getrawtransaction', `["${UNKNOWN}"${verbosity === '' ? ',0' : verbosity},"${block}"]`],
      ]),
      ['getrawtransaction', `["${hashToHex(headers.header(0).merkleRoot)}"]`],
      ['getrawtransaction', '["x"]'], ['getrawtransaction', '[]'],
      ['getrawtransaction', `["${txid}",1,"${UNKNOWN}"]`],
    ]);
  }, 60_000);

  test('how far they are', async () => {
    const info: Call[] = ['', '"txindex"', '"basic block filter index"', '"x"', '""', 'null', '1'].map(
      (name) => ['getindexinfo', `[${name}]`],
    );
    const [all] = await same(both, info);
    expect(JSON.parse(all!).result).toEqual({
      'txindex': { synced: true, best_block_height: headers.height(headers.best) },
      'basic block filter index': { synced: true, best_block_height: headers.height(headers.best) },
    });
    // Of a block that is declared invalid the filter stays, until others follow in its place too.
    const tip = headers.best;
    const gone = headers.ancestor(tip, headers.height(tip) - 3);
    const hash = hashToHex(headers.hash(gone));
    await same(both, [['invalidateblock', `["${hash}"]`]]);
    const off = Array.from(
      { length: 4 }, (_, i) => world.blockOf(headers.ancestor(tip, headers.height(gone) + i)),
    );
    await same(both, [...info, ...filters(off.map(hashOf)), ...transactions(off)]);
    await same(both, [['reconsiderblock', `["${hash}"]`]]);
    await caughtUp(both);
    await same(both, [...info, ...filters(off.map(hashOf)), ...transactions(off)]);
  }, 60_000);
});

describeWithBitcoind('without indexes', (binary) => {
  test('the answers are those of bitcoind too', async () => {
    const both = await BothNodes.start(binary);
    try {
      await both.submit(blocks.slice(0, 3));
      const txid = hashToHex(blocks[1]!.txid(0));
      await same(both, [
        ['getindexinfo'], ['getblockfilter', `["${genesis}"]`], ['getblockfilter', `["${UNKNOWN}"]`],
        ['getblockfilter', `["${genesis}","x"]`],
        ['getrawtransaction', `["${txid}"]`], ['getrawtransaction', `["${txid}",1]`],
        ['getrawtransaction', `["${txid}",2,"${hashOf(blocks[1]!)}"]`],
      ]);
    } finally {
      await both.stop();
    }
  }, 30_000);

  test('switched on later, they catch up', async () => {
    const both = await BothNodes.start(binary);
    try {
      await both.call('setmocktime', `[${headers.time(headers.best) + 100}]`);
      await both.submit(blocks);
      await both.node.stop();
      await both.node.restart(INDEXES);
      await until(
        () => /txindex is enabled at height \d+/.test(both.node.log), () => both.node.log.slice(-300),
      );
      const info = JSON.parse(await both.ours('getindexinfo')).result;
      const height = headers.height(headers.best);
      expect(info).toEqual({
        'txindex': { synced: true, best_block_height: height },
        'basic block filter index': { synced: true, best_block_height: height },
      });
      for (const block of blocks.slice(-8)) {
        const entry = headers.find(block.hash())!;
        const isActive = headers.isAncestor(entry, headers.best);
        const answer = await both.ours('getblockfilter', `["${hashOf(block)}"]`);
        expect(answer.includes('"filter":')).toBe(isActive);
      }
    } finally {
      await both.stop();
    }
  }, 40_000);
});
