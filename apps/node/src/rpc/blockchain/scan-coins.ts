import { hashToHex, toHex } from '@btcp2p/wire';
import { ScanControl, type FoundCoin } from '../../chain/chain-messages.ts';
import type { ChainContext } from '../chain-context.ts';
import { asArray, asString } from '../convert.ts';
import { JsonNumber, type JsonOutput } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcArgs } from '../rpc-method.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';
import { longQuery } from './long-query.ts';
import { addScanObject, WantedScripts } from './scan-objects.ts';
import { Turns } from '../turns.ts';

/** The scans that are under way, with what they share with the chain thread. */
const scans = new WeakMap<ChainContext, Int32Array>();

const ACTION: RpcParam = {
  name: 'action', type: 'string',
  description:
    'What to do\n"start": to scan, which takes minutes\n"status": to tell how far the scan is\n' +
    '"abort": to end it',
};

const OBJECTS: RpcParam = {
  name: 'scanobjects', type: 'array', optional: true, oneLine: '[scanobjects,...]',
  description: 'What to look for, to "start": each is a descriptor, or an object with one',
  inner: [
    { name: 'descriptor', type: 'string', optional: true, description: 'An output descriptor' },
    {
      name: '', type: 'object', optional: true, description: 'An output descriptor with a range',
      inner: [
        { name: 'desc', type: 'string', description: 'An output descriptor' },
        {
          name: 'range', type: 'range', default: new JsonNumber('1000'),
          description: 'Of a row: the last index, or the first and the last one',
        },
      ],
    },
  ],
};

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const hex = (name: string, description: string): RpcResult => ({ type: 'hex', name, description });
const money = (name: string, description: string): RpcResult => ({ type: 'amount', name, description });

const UNSPENT: readonly RpcResult[] = [
  hex('txid', 'The id of its transaction'),
  number('vout', 'Which output of that it is'),
  hex('scriptPubKey', 'Its script'),
  { type: 'string', name: 'desc', description: 'A descriptor of it, with the key by itself' },
  money('amount', 'How much it is, in BTC'),
  { type: 'boolean', name: 'coinbase', description: 'Whether it is the reward of a miner' },
  number('height', 'The height of its block'),
  hex('blockhash', 'The hash of that'),
  number('confirmations', 'How many blocks there are from that on'),
];

const scantxoutset: ChainMethod = {
  name: 'scantxoutset',
  category: 'blockchain',
  description:
    'Looks through all outputs that are not spent for those of some descriptors, such as\n' +
    'addr(<address>), raw(<script in hex>), pkh(<key>), combo(<key>), multi(<n>,<key>,<key>,...)\n' +
    'A key is a public key in hex, or an extended key followed by steps, the last of which may be *.\n' +
    'Then it stands for a row of keys, of which the first 1001 are looked for unless a range says more.',
  params: [ACTION, OBJECTS],
  results: [
    {
      type: 'object', condition: 'for "start", once all has been looked through',
      inner: [
        { type: 'boolean', name: 'success', description: 'Whether it came to its end' },
        number('txouts', 'How many outputs were looked at'),
        number('height', 'The height of the chain when it began'),
        hex('bestblock', 'The hash of its last block then'),
        {
          type: 'array', name: 'unspents', description: 'What was found',
          inner: [{ type: 'object', name: '', inner: UNSPENT }],
        },
        money('total_amount', 'How much they are together'),
      ],
    },
    {
      type: 'boolean', condition: 'for "abort"',
      description: 'Whether there was a scan to end, which may take a moment',
    },
    {
      type: 'object', condition: 'for "status" during a scan',
      inner: [number('progress', 'How far it is, in percent')],
    },
    { type: 'null', condition: 'for "status" otherwise' },
  ],
  examples: [
    exampleCli('scantxoutset', 'start \'["raw(51)#8lvh9jxk"]\''), exampleCli('scantxoutset', 'status'),
    exampleRpc('scantxoutset', '"start", ["raw(51)#8lvh9jxk"]'),
  ],
  handler: async (args, { chain }): Promise<JsonOutput> => {
    const action = args.get('action', asString);
    const control = scans.get(chain);
    switch (action) {
      case 'status':
        return control === undefined
          ? null
          : { progress: Atomics.load(control, ScanControl.PROGRESS) };
      case 'abort':
        if (control === undefined) return false;
        Atomics.store(control, ScanControl.ABORT, 1);
        return true;
      case 'start':
        if (control === undefined) return scan(chain, args);
        throw new RpcError(
          RPC_INVALID_PARAMETER, 'Scan already in progress, use action "abort" or "status"',
        );
      default:
        throw new RpcError(RPC_INVALID_PARAMETER, `Invalid action '${action}'`);
    }
  },
};

async function scan(chain: ChainContext, args: RpcArgs): Promise<JsonOutput> {
  if (args.values.length < 2) {
    throw new RpcError(RPC_MISC_ERROR, 'scanobjects argument is required for the start action');
  }
  const control = new Int32Array(new SharedArrayBuffer(8));
  scans.set(chain, control);
  try {
    const wanted = new WantedScripts();
    const turns = new Turns();
    for (const value of asArray(args.raw('scanobjects'))) {
      await addScanObject(wanted, value, chain.network.chain, turns);
    }
    // Core takes no note of an earlier wish to end what has not begun.
    Atomics.store(control, ScanControl.ABORT, 0);
    const { scripts } = wanted;
    const found = await longQuery(chain, { type: 'scan-coins', scripts, control });
    const tipHeight = chain.headers.height(found.tip);
    const unspents: JsonOutput[] = [];
    let total = 0n;
    for (const coin of found.coins.toSorted(compareOutpoints)) {
      total += coin.value;
      unspents.push({
        txid: hashToHex(coin.txid),
        vout: coin.index,
        scriptPubKey: toHex(coin.scriptPubKey),
        desc: wanted.describe(coin.scriptPubKey),
        amount: amount(coin.value),
        coinbase: coin.isCoinbase,
        height: coin.height,
        blockhash: blockHashHex(chain, chain.headers.ancestor(found.tip, coin.height)),
        confirmations: tipHeight - coin.height + 1,
      });
      if (turns.isOver) await turns.pass();
    }
    return {
      success: found.completed,
      txouts: found.searched,
      height: tipHeight,
      bestblock: blockHashHex(chain, found.tip),
      unspents,
      total_amount: amount(total),
    };
  } finally {
    scans.delete(chain);
  }
}

/** Core `COutPoint::operator<=>` (primitives/transaction.h). */
function compareOutpoints(a: FoundCoin, b: FoundCoin): number {
  return Buffer.compare(a.txid, b.txid) || a.index - b.index;
}

/** The method that looks for coins. */
export const scanCoinsMethods: readonly ChainMethod[] = [scantxoutset];
