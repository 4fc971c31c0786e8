import { afterEach, describe, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { RegtestChain } from '@btcp2p/regtest';
import { nativeSha256d } from '@btcp2p/reactor';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { BlockView, fromHex, hashToHex } from '@btcp2p/wire';
import { TestNode, until } from './support/test-node.ts';

interface PeerInfo {
  readonly pingtime?: number;
  readonly minping?: number;
  readonly subver: string;
  readonly version: number;
  readonly transport_protocol_type: string;
  readonly session_id: string;
  readonly servicesnames: readonly string[];
  readonly synced_headers: number;
  readonly synced_blocks: number;
}

/** Pays to OP_TRUE. */
const ANYONE = 'raw(51)#8lvh9jxk';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function startNode(args: readonly string[] = []): Promise<TestNode> {
  const node = await TestNode.start(args);
  open.push(() => node.remove());
  return node;
}

/** Gives a node a chain of its own. */
async function mine(node: TestNode, height: number): Promise<void> {
  await node.submit(new RegtestChain(nativeSha256d).mine(height));
  await node.reached(height);
}

describeWithBitcoind('a real bitcoind', (binary) => {
  describe.each(['v2', 'v1'])('with %s', (transport) => {
    async function startCore(args: readonly string[] = []): Promise<BitcoindPeer> {
      const core = await startBitcoind(binary, [`-v2transport=${transport === 'v2' ? 1 : 0}`, ...args]);
      open.push(() => core.stop());
      return core;
    }

    async function expectGoodTerms(core: BitcoindPeer, node: TestNode): Promise<void> {
      const [peer] = await core.rpc<PeerInfo[]>('getpeerinfo');
      expect(peer).toMatchObject({ version: 70016, transport_protocol_type: transport });
      expect(peer!.servicesnames).toContain('P2P_V2');
      expect(peer!.subver).toMatch(/^\/btcp2p:/);
      // Loopback: a ping that took a second was not answered at once.
      expect(peer!.pingtime).toBeLessThan(1);
      expect(peer!.minping).toBeGreaterThan(0);
      // Both sides name the session alike: there is nobody in between.
      const [ours] = node.running.peers();
      expect(ours).toMatchObject({ transport_protocol_type: transport });
      expect(ours!.session_id).toMatch(transport === 'v2' ? /^[0-9a-f]{64}$/ : /^$/);
      expect(ours!.session_id).toBe(peer!.session_id);
      // One that speaks v1 only is dialled with v2 first, once.
      const log = core.log().replace(transport === 'v1' ? /^.* Wrong MessageStart .*$/m : '', '');
      expect(log).not.toMatch(/misbehav|discourag|error:/i);
    }

    test('we sync 500 blocks from it, byte for byte', async () => {
      const core = await startCore();
      const hashes = await core.rpc<string[]>('generatetodescriptor', 500, ANYONE);
      const node = await startNode([`-connect=127.0.0.1:${core.port}`]);
      await node.reached(500);
      // Ours was the first ping of this connection; Core's own comes at the handshake, too.
      await until(() => node.running.peers()[0]?.pingtime !== undefined, () => 'no pong');
      expect(node.running.peers()[0]!.pingtime).toBeLessThan(1);
      await expectGoodTerms(core, node);

      // A block that it mines now comes at once.
      const [hash] = await core.rpc<string[]>('generatetodescriptor', 1, ANYONE);
      await node.reached(501);
      expect(node.log).toContain(`UpdateTip: new best=${hash} height=501`);
      expect(node.log).toContain(`UpdateTip: new best=${hashes[499]} height=500`);
    });

    test('it syncs 500 blocks from us', async () => {
      const node = await startNode();
      await mine(node, 500);
      const core = await startCore([`-connect=${node.address}`]);
      await core.until(async () => (await core.rpc<number>('getblockcount')) === 500);
      await expectGoodTerms(core, node);
      const [peer] = await core.rpc<PeerInfo[]>('getpeerinfo');
      expect(peer).toMatchObject({ synced_headers: 500, synced_blocks: 500 });
    });

    test('both ways at once: each has what the other lacks', async () => {
      // Core's chain is longer than ours at first; then ours grows beyond it, on top of it.
      const core = await startCore();
      await core.rpc('generatetodescriptor', 250, ANYONE);
      const node = await startNode([`-connect=127.0.0.1:${core.port}`]);
      await node.reached(250);

      const chain = new RegtestChain(nativeSha256d);
      for (let height = 1; height <= 250; height++) {
        const hash = await core.rpc<string>('getblockhash', height);
        const block = BlockView.of(fromHex(await core.rpc<string>('getblock', hash, 0)));
        const added = chain.headers.add(block.headerBytes, Math.floor(Date.now() / 1_000));
        expect(added.status).toBe('added');
      }
      let ours = 0;
      for (const block of chain.mine(250, { spacing: 1 })) {
        await node.submit([block]);
        if (++ours % 50 === 0) {
          // It mines on what it has got so far, which may lose: both must end on the same chain.
          await core.rpc('generatetodescriptor', 1, ANYONE);
        }
      }
      const best = hashToHex(chain.headers.hash(chain.headers.best));
      await core.until(async () => (await core.rpc<string>('getbestblockhash')) === best);
      await node.reached(500);
      await expectGoodTerms(core, node);
    });

    test('a reorganisation by it is followed', async () => {
      const core = await startCore();
      const hashes = await core.rpc<string[]>('generatetodescriptor', 20, ANYONE);
      const node = await startNode([`-connect=127.0.0.1:${core.port}`]);
      await node.reached(20);
      await core.rpc('invalidateblock', hashes[14]);
      // Another script makes other blocks.
      const { descriptor } = await core.rpc<{ descriptor: string }>('getdescriptorinfo', 'raw(52)');
      const other = await core.rpc<string[]>('generatetodescriptor', 10, descriptor);
      await node.reached(24);
      expect(node.log).toContain(`UpdateTip: new best=${other.at(-1)} height=24`);
      await expectGoodTerms(core, node);
    });
  });
});
