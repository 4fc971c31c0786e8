import type { HeaderEntry } from '@btcp2p/consensus';
import type { BlockFacts } from '../../chain/chain-messages.ts';
import type { ChainContext } from '../chain-context.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import { blockHashHex, type ChainMethod } from './chain-part.ts';

const getchaintips: ChainMethod = {
  name: 'getchaintips',
  category: 'blockchain',
  description: 'Tells about the last block of each branch there is, the chain among them.',
  params: [],
  results: [
    {
      type: 'array',
      inner: [
        {
          type: 'object',
          inner: [
            { type: 'number', name: 'height', description: 'Its height' },
            { type: 'hex', name: 'hash', description: 'Its hash' },
            { type: 'number', name: 'branchlen', description: 'How many blocks of it are not in the chain' },
            {
              type: 'string', name: 'status',
              description:
                '"active": it is the chain\n' +
                '"valid-fork": all of it is valid, and was the chain once\n' +
                '"valid-headers": all blocks are here, but they were never fully checked\n' +
                '"headers-only": some blocks are not here\n' +
                '"invalid": a block of it breaks a rule, or was said to be invalid',
            },
          ],
        },
      ],
    },
  ],
  examples: [exampleCli('getchaintips'), exampleRpc('getchaintips')],
  handler: async (_args, { chain }) => {
    const tips = chainTips(chain);
    const facts = await chain.query({ type: 'block-facts', entries: tips });
    const { headers } = chain;
    return tips.map((entry, i) => {
      const fork = headers.lastCommonAncestor(entry, chain.chain.tip());
      return {
        height: headers.height(entry),
        hash: blockHashHex(chain, entry),
        branchlen: headers.height(entry) - headers.height(fork),
        status: chain.chain.contains(entry) ? 'active' : branchStatus(facts[i]!),
      };
    });
  },
};

/** The last block of the chain and of all other branches, the highest one first. */
function chainTips({ headers, chain }: ChainContext): HeaderEntry[] {
  const hasChild = new Uint8Array(headers.size);
  for (let entry = 1; entry < headers.size; entry++) hasChild[headers.parent(entry)!] = 1;
  const tip = chain.tip();
  const tips = [tip];
  for (let entry = 0; entry < headers.size; entry++) {
    if (hasChild[entry] === 0 && entry !== tip) tips.push(entry);
  }
  return tips.sort((a, b) => headers.height(b) - headers.height(a) || a - b);
}

function branchStatus({ isInvalid, chainTransactions, isValidScripts }: BlockFacts): string {
  if (isInvalid) return 'invalid';
  if (chainTransactions === 0) return 'headers-only';
  return isValidScripts ? 'valid-fork' : 'valid-headers';
}

/** The method about branches. */
export const chainTipMethods: readonly ChainMethod[] = [getchaintips];
