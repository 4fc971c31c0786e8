import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mineBlock } from '@btcp2p/regtest';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { encode, hashToHex, mainnet, toHex, Transaction, type BlockView as Block } from '@btcp2p/wire';
import { BothNodes } from '../support/both-nodes.ts';
import { comparable } from '../support/comparable.ts';
import { KEY, SCRIPTS, ScriptZoo } from '../support/script-zoo.ts';
import { temporaryDirectory } from '../support/support.ts';

const hashOf = (block: Block): string => hashToHex(block.hash());
const quoted = (...texts: readonly string[]): string => JSON.stringify(texts);

const XPUB =
  'tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJ' +
  'CTKvosUCJZL5B';
const HEX_KEY = toHex(KEY);

/** What to scan for. */
const DESCRIPTORS = [
  'raw(51)', `combo(${HEX_KEY})`, `pk(${HEX_KEY})`, `pkh([deadbeef/1h/2]${HEX_KEY})`, `wpkh(${HEX_KEY})`,
  `tr(${HEX_KEY.slice(2)})`, `rawtr(${HEX_KEY.slice(2)})`, `multi(1,${HEX_KEY},${HEX_KEY})`,
  `sh(wpkh(${HEX_KEY}))`, 'addr(bcrt1pfeesnyr2tx)', 'raw(4c)', 'raw(6a)',
  { desc: `pkh(${XPUB}/0/*)`, range: 2 }, { desc: `pkh(${XPUB}/0/*)`, range: [3, 1] },
  { desc: `wpkh(${XPUB}/0h/*)`, range: 2 }, { desc: 'raw(51)', range: [0, 10] },
  `sortedmulti(1,${HEX_KEY},${HEX_KEY})`,
];

const ID = '"22".repeat(32)';
const CREATED = [
  '[],[]', '[],{}', '[],{"data":"00"}', '[],[{"data":"00"},{"data":"01"}]', '[],{"data":"0"}',
  '[],{"data":1}',
  '[],null', '[],"x"', '[],[1]', '[],[{}]', '[],[{"data":"00","x":1}]', '[],{"x":1}', '[],{"x":"y"}',
  '[],{"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080":0.00000001}',
  '[],{"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080":"1.5","data":"ff"}',
  '[],[{"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080":1},' +
  '{"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080":2}]',
  '[],{"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080":-1}', '[1],[]', '[{}],[]', `[{"txid":${ID}}],[]`,
  `[{"txid":${ID},"vout":"0"}],[]`, `[{"txid":${ID},"vout":-1}],[]`, `[{"txid":${ID},"vout":1}],[]`,
  `[{"txid":"x","vout":1}],[]`, `[{"txid":${ID},"vout":1,"sequence":5}],[]`,
  `[{"txid":${ID},"vout":1,"sequence":-1}],[]`, `[{"txid":${ID},"vout":1,"sequence":4294967296}],[]`,
  `[{"txid":${ID},"vout":1}],[],5`, `[{"txid":${ID},"vout":1}],[],5,false`,
  `[{"txid":${ID},"vout":1}],[],0,false`,
  `[{"txid":${ID},"vout":1}],[],0,true`, `[{"txid":${ID},"vout":1,"sequence":4294967295}],[],0,true`,
  `[{"txid":${ID},"vout":1,"sequence":4294967295}],[],0`, '[],[],-1', '[],[],4294967296', '[],[],0,null,1',
  '[],[],0,null,0', '[],[],0,null,4', '[],[],0,null,-1', '[],[],"x"', '[],[],0,1', 'null,[]', '{},[]',
].map((params) => params.replaceAll(ID, `"${'22'.repeat(32)}"`));

describeWithBitcoind('methods of the chain answer as bitcoind does', (binary) => {
  const zoo = new ScriptZoo();
  const { headers, blocks } = zoo.chain;
  let both: BothNodes;
  /** It pays its miner too much. */
  let bad: Block;
  const main = [...blocks];
  const byHeight = (height: number): Block => main[height - 1]!;
  let stale: Block[] = [];
  let once: Block[] = [];

  /** Calls of which the answers have to be the same to the byte. */
  async function same(calls: readonly (readonly [method: string, params?: string])[]): Promise<void> {
    const different: object[] = [];
    for (const [method, params = '[]'] of calls) {
      const { theirs, ours } = await both.call(method, params);
      if (comparable(ours) !== comparable(theirs)) different.push({ method, params, ours, theirs });
    }
    expect(different).toEqual([]);
  }

  beforeAll(async () => {
    both = await BothNodes.start(binary, ['-acceptnonstdtxn=1']);
    await both.call('setmocktime', `[${headers.time(headers.best) + 100}]`);
    await both.submit(main);
    // A branch that never was the chain, one that was, one that is invalid, and a header alone.
    const tip = headers.best;
    const at = (height: number): number => headers.ancestor(tip, height);
    stale = zoo.chain.mine(2, { parent: at(headers.height(tip) - 4), extraNonce: 1 });
    await both.submit(stale);
    once = zoo.chain.mine(2, { parent: at(headers.height(tip) - 1), extraNonce: 2 });
    await both.submit(once);
    const back = zoo.chain.mine(2, { parent: tip, extraNonce: 3 });
    main.push(...back);
    bad = mineBlock({ headers, parent: headers.best, fees: 1n });
    await both.submit([...back, bad]);
    const [lone] = zoo.chain.mine(1, { parent: at(1), extraNonce: 4 });
    const header = toHex(lone!.headerBytes);
    await same([['submitheader', `["${header}"]`]]);
  }, 60_000);
  afterAll(async () => both?.stop());

  test('blocks and headers', async () => {
    const hashes = [1, 102, 103, 104, main.length].map((height) => hashOf(byHeight(height)));
    const others = [...stale, ...once, bad].map(hashOf);
    const unknown = '11'.repeat(32);
    await same([
      ['getblockcount'], ['getbestblockhash'], ['getdifficulty'],
      ...['0', '1', '103', '-1', '1000', '"1"', '1.5', 'null', '99999999999']
        .map((height) => ['getblockhash', `[${height}]`] as const),
      ['getblockhash', '[]'], ['getblockhash', '[1,2]'],
      ['getblockheader', '[1]'], ['getblock', '[]'], ['getblock', '[null]'],
    ]);
    for (const hash of [...hashes, ...others, unknown, '11', 'xy'.repeat(32)]) {
      await same([
        ['getblockheader', quoted(hash)], ['getblockheader', `["${hash}",false]`],
        ['getblockheader', `["${hash}",1]`],
        ...['', ',0', ',1', ',2', ',3', ',4', ',true', ',false', ',-1', ',null', ',"1"']
          .map((verbosity) => ['getblock', `["${hash}"${verbosity}]`] as const),
        ['getblock', `{"blockhash":"${hash}","verbose":2}`], ['getblockstats', `["${hash}"]`],
        ['getdeploymentinfo', `["${hash}"]`],
      ]);
    }
  }, 60_000);

  test('the chain as a whole', async () => {
    const hash = hashOf(byHeight(104));
    await same([
      ['getblockchaininfo'], ['getchaintips'], ['getdeploymentinfo'], ['getdeploymentinfo', '["11"]'],
      ['getmininginfo'], ['getindexinfo'], ['getindexinfo', '["txindex"]'], ['getindexinfo', '[1]'],
      ['getchaintxstats'],
      ...['0', '1', '10', '106', '107', '108', '-1', '"1"', `5,"${hash}"`, `0,"${hash}"`, `null,"${hash}"`,
        `5,"${hashOf(stale[0]!)}"`, `5,"${'11'.repeat(32)}"`, '5,"x"']
        .map((params) => ['getchaintxstats', `[${params}]`] as const),
      ...['0', '1', '102', '103', '104', '-1', '1000', '"x"', `"${hash}",["txs","avgfee","txs"]`, '103,["x"]',
        '103,[1]', '103,["minfeerate","feerate_percentiles","utxo_size_inc_actual"]', '103,[]', '103,null']
        .map((params) => ['getblockstats', `[${params}]`] as const),
      ...['', '0', '1', '2', '3', '4', '5', '-1', '4,0', '4,1', '3,1000', '"1"']
        .map((params) => ['verifychain', `[${params}]`] as const),
      ['pruneblockchain', '[1]'], ['pruneblockchain'], ['syncwithvalidationinterfacequeue'],
      ['getmempoolinfo'], ['getrawmempool'], ['getrawmempool', '[true]'], ['getrawmempool', '[false,true]'],
      ['getrawmempool', '[true,true]'], ['getmempoolentry', `["${hash}"]`], ['getmempoolentry', '["x"]'],
      ['getmempoolancestors', `["${hash}",true]`], ['getmempooldescendants', `["${hash}"]`],
    ]);
  }, 60_000);

  test('coins', async () => {
    const txid = hashToHex(zoo.outputs.txid());
    await same([
      ...SCRIPTS.map((_, i) => ['gettxout', `["${txid}",${i}]`] as const),
      ['gettxout', `["${txid}",1,false]`], ['gettxout', `["${txid}",-1]`], ['gettxout', `["${txid}",1000]`],
      ['gettxout', '["x",0]'], ['gettxout', `["${hashToHex(byHeight(50).txid(0))}",0]`],
      ['gettxout', `["${hashToHex(main.at(-1)!.txid(0))}",0]`], ['gettxout', `["${txid}","1"]`],
      ...['', '"none"', '"muhash"', '"x"', '"none",1', '"none",null,false', '1']
        .map((params) => ['gettxoutsetinfo', `[${params}]`] as const),
      ...['"status"', '"abort"', '"x"', '"start"', '"start",null', '"start",[]', '"start",[1]',
        '"start",["x"]', '"start",[{}]', '"start",[{"desc":1}]', '"start",[{"desc":"raw(51)","range":[1]}]',
        '"start",["raw(51)","raw(51)#8lvh9jxk","raw(00)"]', '"start",{}',
      ].map((params) => ['scantxoutset', `[${params}]`] as const),
      ...DESCRIPTORS.map(
        (descriptor) => ['scantxoutset', `["start",[${JSON.stringify(descriptor)}]]`] as const,
      ),
      ['scantxoutset', `["start",${JSON.stringify(DESCRIPTORS)}]`],
    ]);
  }, 60_000);

  test('transactions', async () => {
    const [outputs, spending] = [zoo.outputs, zoo.spending].map(({ bytes }) => toHex(bytes));
    const ids = [zoo.outputs, zoo.spending].map((view) => hashToHex(view.txid()));
    const [one, other] = [102, 103].map((height) => hashOf(byHeight(height)));
    const coinbase = hashToHex(stale[0]!.txid(0));
    const merkleRoot = hashToHex(zoo.chain.headers.header(0).merkleRoot);
    await same([
      ...[outputs, spending, '', '00', 'x', '0200000000010000000000000000016a00000000',
        '01000000000100f2052a01000000015100000000', `${spending}00`, '02000000000000000000']
        .flatMap((hex) => ['', ',true', ',false', ',null', ',1'].map(
          (more) => ['decoderawtransaction', `["${hex}"${more}]`] as const,
        )),
      ...['0', '1', '2', '3', 'true', 'false', '"x"', 'null'].flatMap((verbosity) => [
        ['getrawtransaction', `["${ids[0]}",${verbosity},"${one}"]`] as const,
        ['getrawtransaction', `["${ids[1]}",${verbosity},"${other}"]`] as const,
        ['getrawtransaction', `["${coinbase}",${verbosity},"${hashOf(stale[0]!)}"]`] as const,
      ]),
      ['getrawtransaction', `["${ids[0]}"]`], ['getrawtransaction', `["${ids[0]}",0,"${other}"]`],
      ['getrawtransaction', `["${merkleRoot}"]`], ['getrawtransaction', '["x"]'],
      ['getrawtransaction', `["${ids[0]}",0,"x"]`], ['getrawtransaction', `["${ids[0]}",0,"${ids[0]}"]`],
      ...SCRIPTS.filter(({ length }) => length < 10_000)
        .map((script) => ['decodescript', `["${toHex(script)}"]`] as const),
      ['decodescript', '["x"]'], ['decodescript', '[1]'], ['decodescript', '["7e"]'],
      ...CREATED.map((params) => ['createrawtransaction', `[${params}]`] as const),
    ]);
  }, 60_000);

  test('transactions tried', async () => {
    const last = zoo.spendLast();
    const [input] = last.inputs;
    const [output] = last.outputs;
    const withSequence = (sequence: number): Transaction =>
      zoo.spendLast({ inputs: [{ ...input!, sequence }] });
    const withValue = (value: bigint): Transaction =>
      zoo.spendLast({ outputs: [{ ...output!, value }] });
    const young = { txid: main.at(-1)!.txid(0), index: 0 };
    const tried: readonly Transaction[] = [
      ...SCRIPTS.map((_, i) => zoo.spend(i)),
      last, zoo.spending.transaction(), zoo.outputs.transaction(), main[0]!.transaction(0),
      zoo.spendLast({ inputs: [{ ...input!, prevout: young }] }),
      zoo.spendLast({ lockTime: 1_000 }), zoo.spendLast({ lockTime: main.length }),
      zoo.spendLast({ lockTime: main.length + 1 }),
      withSequence(100), withSequence(3), withSequence(0x40_0064),
      withValue(output!.value + 9_999n), withValue(output!.value + 10_000n),
      withValue(output!.value + 10_001n),
      withValue(-1n), withValue(2_100_000_000_000_001n), withValue(0n),
      zoo.spendLast({ inputs: [input!, input!] }), zoo.spendLast({ outputs: [] }),
      zoo.spendLast({ outputs: [{ value: 1n, scriptPubKey: new Uint8Array(0) }] }),
      zoo.spendLast({ version: 3, outputs: [{ ...output!, value: output!.value + 10_000n }] }),
      zoo.spendLast({ outputs: [output!, { value: 0n, scriptPubKey: new Uint8Array(5_000).fill(0xae) }] }),
    ];
    const inHex = tried.map((transaction) => toHex(encode(Transaction, transaction)));
    await same([
      ...inHex.map((hex) => ['testmempoolaccept', `[["${hex}"],0]`] as const),
      ...['0.0001', '0.9', '"0.01"', '1', '-1', 'null', 'true'].map(
        (rate) => ['testmempoolaccept', `[["${inHex[SCRIPTS.length]}"],${rate}]`] as const,
      ),
      ['testmempoolaccept', '[[]]'], ['testmempoolaccept', `[${JSON.stringify(Array(26).fill('x'))}]`],
      ['testmempoolaccept', '[["x"]]'], ['testmempoolaccept', '[[1]]'], ['testmempoolaccept', '["x"]'],
      ['sendrawtransaction', '["x"]'], ['sendrawtransaction', '[1]'],
      ['sendrawtransaction', `["${inHex[SCRIPTS.length]}",1]`],
      ['sendrawtransaction', `["${inHex[SCRIPTS.length]}",0,-1]`],
      ['sendrawtransaction', `["${toHex(encode(Transaction, zoo.spendLast({
        outputs: [{ value: 5n, scriptPubKey: Uint8Array.of(0x6a) }],
      })))}",0]`],
    ]);
  }, 60_000);

  test('snapshots of the coins', async () => {
    const directory = temporaryDirectory();
    const [theirFile, ourFile] = [join(directory, 'theirs'), join(directory, 'ours')];
    const unknown = join(directory, 'unknown');
    for (const params of [
      '"latest"', '"rollback",{"rollback":104}', `"",{"rollback":"${hashOf(byHeight(104))}"}`,
    ]) {
      const theirs = await both.theirs('dumptxoutset', `["${theirFile}",${params}]`);
      const ours = await both.ours('dumptxoutset', `["${ourFile}",${params}]`);
      expect(ours.replace(ourFile, theirFile)).toBe(theirs);
      expect(readFileSync(ourFile).equals(readFileSync(theirFile))).toBe(true);
      rmSync(theirFile);
      renameSync(ourFile, unknown);
    }
    const snapshot = readFileSync(unknown);
    const changed = (name: string, at: number, ...bytes: readonly number[]): string => {
      const path = join(directory, name);
      writeFileSync(path, Buffer.from(snapshot.map((byte, i) => bytes[i - at] ?? byte)));
      return path;
    };
    const otherMagic = changed('magic', 0, 0);
    const otherVersion = changed('version', 5, 1, 2);
    const otherNetwork = changed('network', 7, ...mainnet.magic);
    const noNetwork = changed('no-network', 7, 1, 2, 3, 4);
    // A branch of as much work would be the chain then.
    const inTheWay = `["${ourFile}","rollback",{"rollback":103}]`;
    const there = join(directory, 'there');
    writeFileSync(there, 'utxo');
    await same([
      ...['""', '"x"', '"latest",{"rollback":1}', '"rollback",{"rollback":1000}', '"",{"rollback":-1}', '1']
        .map((params) => ['dumptxoutset', `["${ourFile}",${params}]`] as const),
      ['dumptxoutset', inTheWay], ['dumptxoutset', `["${there}","latest"]`],
      ['dumptxoutset', `["/nowhere/utxo","latest"]`],
      ['dumptxoutset', `{"path":"${there}","rollback":1}`],
      ['loadtxoutset', '["/nowhere/utxo"]'], ['loadtxoutset', `["${there}"]`], ['loadtxoutset', '[1]'],
      ['loadtxoutset', `["${unknown}"]`], ['loadtxoutset', `["${otherNetwork}"]`],
      ['loadtxoutset', `["${otherVersion}"]`], ['loadtxoutset', `["${otherMagic}"]`],
      ['loadtxoutset', `["${noNetwork}"]`], ['getblockchaininfo'],
    ]);
  }, 60_000);

  test('waiting', async () => {
    const tip = hashOf(main.at(-1)!);
    await same([
      ['waitforblockheight', '[0]'], ['waitforblockheight', '[1000,10]'], ['waitforblockheight', '[1,-1]'],
      ['waitforblockheight', '["1"]'], ['waitforblock', quoted(tip)],
      ['waitforblock', `["${'11'.repeat(32)}",10]`],
      ['waitforblock', '["x"]'], ['waitfornewblock', '[10]'], ['waitfornewblock', '[-1]'],
      ['waitfornewblock', `[0,"${'11'.repeat(32)}"]`], ['waitfornewblock', `[10,"${tip}"]`],
      ['waitfornewblock', '[0,"x"]'],
    ]);
  });

  test('blocks chosen and refused', async () => {
    const all = [['getchaintips'], ['getblockchaininfo'], ['getmininginfo']] as const;
    const [fork, other] = [hashOf(once[0]!), hashOf(stale[0]!)];
    const genesis = hashToHex(headers.hash(0));
    const [tip, before] = [main.at(-1)!, main.at(-3)!].map(hashOf);
    for (const [method, hash] of [
      ['invalidateblock', genesis], ['invalidateblock', '11'.repeat(32)], ['invalidateblock', 'x'],
      ['invalidateblock', tip], ['preciousblock', fork], ['preciousblock', other], ['reconsiderblock', tip],
      ['invalidateblock', before], ['reconsiderblock', before], ['preciousblock', hashOf(once[1]!)],
      ['reconsiderblock', hashOf(bad)], ['invalidateblock', other], ['reconsiderblock', hashOf(stale[1]!)],
      ['preciousblock', 'x'], ['reconsiderblock', '11'.repeat(32)],
    ] as const) {
      await same([[method, quoted(hash!)], ...all]);
    }
  }, 60_000);
});
