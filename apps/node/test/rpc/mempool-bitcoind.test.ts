import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithBitcoind } from '@btcp2p/testdata';
import {
  BlockView, fromHex, hashFromHex, hashToHex, toHex, TransactionView, type OutPoint,
} from '@btcp2p/wire';
import { BothNodes } from '../support/both-nodes.ts';
import { comparable } from '../support/comparable.ts';

const SCRIPT = '61616161616151';

/** An output that anybody can spend. */
interface Spendable extends OutPoint {
  readonly value: bigint;
}

interface Paid {
  readonly id: string;
  readonly hex: string;
  readonly outputs: readonly Spendable[];
}

function pay(
  spends: readonly Spendable[],
  { fee = 1_000n, count = 1, sequence = 0xffff_ffff, scriptPubKey = fromHex(SCRIPT) } = {},
): Paid {
  const total = spends.reduce((sum, { value }) => sum + value, -fee);
  const value = total / BigInt(count);
  const view = TransactionView.from({
    version: 2,
    inputs: spends.map(({ txid, index }) => (
      { prevout: { txid, index }, scriptSig: new Uint8Array(0), sequence, witness: [] }
    )),
    outputs: Array.from({ length: count }, () => ({ value, scriptPubKey })),
    lockTime: 0,
  });
  const txid = view.txid();
  return {
    id: hashToHex(txid),
    hex: toHex(view.bytes),
    outputs: Array.from({ length: count }, (_, index) => ({ txid, index, value })),
  };
}

/** Of one of the two alone: what the mempool takes of memory, and its last template. */
const OWN = new Set(['usage', 'currentblockweight', 'currentblocktx']);

/** Sets are in no order with bitcoind. */
function unordered(answer: string): unknown {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted).sort();
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).filter(([name]) => !OWN.has(name));
    return Object.fromEntries(members.sort().map(([name, member]) => [name, sorted(member)]));
  };
  return sorted(JSON.parse(answer));
}

describeWithBitcoind('methods of the mempool answer as bitcoind does', (binary) => {
  let both: BothNodes;
  const rewards: Spendable[] = [];
  let time = 1_700_000_000;

  async function same(calls: readonly (readonly [method: string, params?: string])[]): Promise<void> {
    const different: object[] = [];
    for (const [method, params = '[]'] of calls) {
      const { theirs, ours } = await both.call(method, params);
      if (comparable(ours) === comparable(theirs)) continue;
      const [a, b] = [unordered(comparable(ours)), unordered(comparable(theirs))];
      if (JSON.stringify(a) !== JSON.stringify(b)) different.push({ method, params, ours, theirs });
    }
    expect(different).toEqual([]);
  }

  /** Has a node of the two mine, and the other take it. */
  async function mine(miner: 'ours' | 'theirs', count = 1): Promise<BlockView[]> {
    const blocks: BlockView[] = [];
    for (let i = 0; i < count; i++) {
      time += 600;
      await both.call('setmocktime', `[${time}]`);
      const made = await both[miner]('generatetodescriptor', `[1,"raw(${SCRIPT})"]`);
      const { result: [hash] } = JSON.parse(made) as { readonly result: readonly [string] };
      const hex = JSON.parse(await both[miner]('getblock', `["${hash}",0]`)) as { readonly result: string };
      const other = miner === 'ours' ? 'theirs' : 'ours';
      const answer = await both[other]('submitblock', `["${hex.result}"]`);
      expect(answer.trim()).toBe('{"jsonrpc":"2.0","result":null,"id":1}');
      const block = BlockView.of(fromHex(hex.result));
      rewards.push({ txid: block.txid(0), index: 0, value: block.transaction(0).outputs[0]!.value });
      blocks.push(block);
    }
    return blocks;
  }

  const idsOf = (block: BlockView): string[] => block.txids().slice(1).map(hashToHex).sort();

  beforeAll(async () => {
    both = await BothNodes.start(binary, ['-acceptnonstdtxn=1', '-blockmintxfee=0']);
    await mine('ours', 110);
  }, 60_000);
  afterAll(async () => both?.stop());

  test('transactions come, are told of, and are mined by either', async () => {
    const one = pay([rewards[0]!], { count: 3 });
    const two = pay([one.outputs[0]!, rewards[1]!], { count: 2, fee: 5_000n, sequence: 0 });
    const three = pay([two.outputs[1]!, one.outputs[1]!], { fee: 500n });
    const four = pay([rewards[2]!], { fee: 20_000n });
    const poor = pay([rewards[3]!], { fee: 1n });
    const rich = pay([rewards[3]!], { fee: 100_000_000n });
    const burning = pay([rewards[3]!], { scriptPubKey: fromHex('6a') });
    const missing = pay([{ txid: hashFromHex('11'.repeat(32)), index: 1, value: 5_000n }]);
    const early = pay([rewards[109]!]);
    const outputs = (...all: readonly Spendable[]): string => JSON.stringify([
      all.map(({ txid, index }) => ({ txid: hashToHex(txid), vout: index })),
    ]);
    const info: readonly (readonly [string, string?])[] = [
      ['getmempoolinfo'], ['getrawmempool'], ['getrawmempool', '[true]'], ['getmininginfo'],
      ...[one, two, three, four].flatMap(({ id }) => [
        ['getmempoolentry', `["${id}"]`] as const,
        ['getmempoolancestors', `["${id}"]`] as const, ['getmempoolancestors', `["${id}",true]`] as const,
        ['getmempooldescendants', `["${id}"]`] as const, ['getmempooldescendants', `["${id}",true]`] as const,
        ['getrawtransaction', `["${id}"]`] as const, ['getrawtransaction', `["${id}",1]`] as const,
      ]),
      ...[one, two, three, four].flatMap(({ id }) =>
        ['0', '1', '5', '0,true', '0,false'].map((rest) => ['gettxout', `["${id}",${rest}]`] as const)),
      ['gettxout', `["${hashToHex(rewards[1]!.txid)}",0]`],
      ['gettxout', `["${hashToHex(rewards[1]!.txid)}",0,false]`],
      ['gettxspendingprevout', outputs(rewards[0]!, one.outputs[0]!, one.outputs[2]!, missing.outputs[0]!)],
    ];
    await same([
      ...info,
      ...[one, poor, rich, burning, missing, early].map(({ hex }) => (
        ['testmempoolaccept', `[["${hex}"]]`] as const
      )),
      ['testmempoolaccept', `[["${one.hex}","${four.hex}"]]`],
      ['testmempoolaccept', `[["${one.hex}","${poor.hex}"]]`],
      ...[two, poor, rich, burning, missing, early, one, one, two, three, four].map(({ hex }) => (
        ['sendrawtransaction', `["${hex}"]`] as const
      )),
      ['testmempoolaccept', `[["${one.hex}"]]`],
      ['gettxspendingprevout', '[[]]'], ['gettxspendingprevout', '[[{}]]'], ['gettxspendingprevout', '[[1]]'],
      ['gettxspendingprevout', `[[{"txid":"${one.id}","vout":-1}]]`],
      ['gettxspendingprevout', `[[{"txid":"${one.id}","vout":"0"}]]`],
      ['gettxspendingprevout', `[[{"txid":"${one.id}","vout":0,"x":1}]]`],
      ['gettxspendingprevout', '[[{"txid":"00","vout":0}]]'],
      ...info,
      ['generateblock', `["raw(${SCRIPT})",["${three.id}"]]`],
      ['generateblock', `["raw(${SCRIPT})",["${'00'.repeat(32)}"]]`],
    ]);
    const template = async (which: 'ours' | 'theirs'): Promise<unknown> => {
      const answer = await both[which]('getblocktemplate', '[{"rules":["segwit"]}]');
      const { result } = JSON.parse(answer) as { readonly result: Record<string, unknown> };
      const { transactions, coinbasevalue } = result;
      return { transactions, coinbasevalue };
    };
    expect(await template('ours')).toEqual(await template('theirs'));
    const [block] = await mine('ours');
    expect(idsOf(block!)).toEqual([one, two, three, four].map(({ id }) => id).sort());
    await same([
      ...info,
      ['sendrawtransaction', `["${one.hex}"]`], ['sendrawtransaction', `["${four.hex}"]`],
    ]);
    // And all back, one of them to be mined alone.
    await same([
      ['invalidateblock', `["${hashToHex(block!.hash())}"]`], ...info,
      ['sendrawtransaction', `["${pay(four.outputs).hex}"]`], ...info,
    ]);
    const made = await both.ours('generateblock', `["raw(${SCRIPT})",["${one.id}","${four.id}"],false]`);
    const { result } = JSON.parse(made) as { readonly result: { readonly hex: string } };
    const alone = BlockView.of(fromHex(result.hex));
    expect(idsOf(alone)).toEqual([one.id, four.id].sort());
    await both.submit([alone]);
    await same(info);
    const [rest] = await mine('theirs');
    expect(rest!.transactionCount).toBe(4);
    await same(info);
  }, 60_000);
});
