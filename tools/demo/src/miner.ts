// The mining process: a btcp2p node of its own, to which blocks are given that were just mined.
import { nativeSha256d } from '@btcp2p/reactor';
import { RegtestChain } from '@btcp2p/regtest';
import { hashToHex, type BlockView } from '@btcp2p/wire';
import { configure, RunningNode } from 'btcp2p-node';
import type { FromMiner, ToMiner } from './miner-messages.ts';

const [directory = '', blocks = '0'] = process.argv.slice(2);

const request = configure([
  '-regtest', `-datadir=${directory}`, '-printtoconsole=0', '-server=0', '-maxtipage=9999999999',
]);
if (request.type !== 'run') throw new Error('the options ask for no run');
const { configuration } = request;
// Port 0, any free one, is not for users to ask for.
const bind = [{ host: '127.0.0.1', port: 0, onion: false }];
const node = await RunningNode.start({
  configuration: { ...configuration, options: { ...configuration.options, bind } },
  print: () => {},
  ended: () => process.exit(1),
});

const chain = new RegtestChain(nativeSha256d);
await Promise.all(chain.mine(Number(blocks)).map(give));
tell({ type: 'listening', address: node.addresses[0]!, height: Number(blocks) });

process.on('message', ({ interval, until }: ToMiner) => {
  tell({ type: 'session', id: node.peers()[0]?.session_id ?? '' });
  const timer = setInterval(() => {
    const [block] = chain.mine(1);
    const height = chain.blocks.length;
    tell({ type: 'mined', height, hash: hashToHex(block!.hash(nativeSha256d)) });
    void give(block!);
    if (height === until) clearInterval(timer);
  }, interval);
});
process.on('disconnect', () => {
  void node.stop().then(() => process.exit(0));
});

async function give(block: BlockView): Promise<void> {
  const outcome = await node.submitBlock(block);
  if (outcome.status === 'rejected') throw new Error(`a mined block is refused: ${outcome.reason}`);
}

function tell(message: FromMiner): void {
  process.send!(message);
}
