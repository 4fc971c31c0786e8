import { describe, expect, test } from '@jest/globals';
import { dataText, describeWithData, headersFile, retargetHeaders } from '@btcp2p/testdata';
import { BlockHeader, decode, mainnet, signet, testnet3, type Network } from '@btcp2p/wire';
import {
  blockProof,
  consensusParams,
  genesisAnchor,
  HeaderTree,
  type HeaderAnchor,
} from '../src/index.ts';
import { entryOf, LATE, nativeSha256d } from './support.ts';

const INTERVAL = 2_016;

/** A checkpoint of bitcoinj: the first header of a period, and the chain work up to it. */
interface Checkpoint {
  readonly height: number;
  readonly chainWork: bigint;
  readonly header: Uint8Array;
}

/** Lines of base64: 12 bytes of chain work and 4 of height, both big-endian, then the header. */
function checkpoints(name: string): Map<number, Checkpoint> {
  const lines = dataText(`checkpoints/bitcoinj_${name}.checkpoints.txt`).split('\n').slice(3);
  const entries = lines
    .filter((line) => line !== '')
    .map((line) => {
      const bytes = Buffer.from(line, 'base64');
      expect(bytes.length).toBe(96);
      const chainWork = BigInt(`0x${bytes.toString('hex', 0, 12)}`);
      const height = bytes.readUInt32BE(12);
      return [height, { height, chainWork, header: new Uint8Array(bytes.subarray(16)) }] as const;
    });
  return new Map(entries);
}

function headersOf(name: string): Uint8Array[] {
  const bytes = headersFile(name);
  return Array.from({ length: bytes.length / 80 }, (_, i) => bytes.subarray(80 * i, 80 * i + 80));
}

function treeFrom(network: Network, anchor: HeaderAnchor): HeaderTree {
  return new HeaderTree({
    params: consensusParams(network),
    anchor,
    sha256d: nativeSha256d,
    salt: 3n,
  });
}

/** Adds headers, all of which must be new and fine, and returns the last entry. */
function addAll(tree: HeaderTree, headers: readonly Uint8Array[]): number {
  let last = tree.best;
  for (const header of headers) {
    const result = tree.add(header, LATE);
    if (result.status !== 'added') {
      throw new Error(`after ${tree.height(tree.best)}: ${JSON.stringify(result)}`);
    }
    last = result.entry;
  }
  expect(tree.best).toBe(last);
  return last;
}

describeWithData('real headers', () => {
  const production = checkpoints('production');
  const firstOfPeriods = new Map(retargetHeaders().map(({ height, header }) => [height, header]));

  /** A tree of a mainnet file that starts at `height`, with the chain work that Core would have. */
  const mainnetTree = (name: string, height: number): HeaderTree => {
    const [header, ...rest] = headersOf(name);
    const start = height - (height % INTERVAL);
    const { bits } = decode(BlockHeader, header!);
    // Genesis is no checkpoint.
    const { chainWork } = start === 0 ? genesisAnchor(mainnet) : production.get(start)!;
    const anchor = {
      header: header!,
      height,
      chainWork: chainWork + BigInt(height - start) * blockProof(bits),
      periodStart: firstOfPeriods.get(start) ?? new Uint8Array(80),
    };
    const tree = treeFrom(mainnet, anchor);
    addAll(tree, rest);
    return tree;
  };

  /** Compares with each checkpoint of bitcoinj that lies in the tree, and returns how many do. */
  const compareWithCheckpoints = (tree: HeaderTree): number => {
    const from = tree.height(tree.anchor);
    const inside = [...production.values()].filter(
      ({ height }) => height >= from && height <= tree.height(tree.best),
    );
    for (const { height, header, chainWork } of inside) {
      const entry = tree.ancestor(tree.best, height);
      expect(tree.headerBytes(entry)).toEqual(header);
      expect(tree.chainWork(entry)).toBe(chainWork);
    }
    return inside.length;
  };

  test('mainnet 194,270 to 404,640: 104 retargets, three forks of version, and all work', () => {
    const tree = mainnetTree('mainnet_194270-404640', 194_270);
    expect(tree.size).toBe(210_371);
    expect(tree.height(tree.best)).toBe(404_640);
    expect(compareWithCheckpoints(tree)).toBe(104);
    expect(tree.byteLength / tree.size).toBeLessThan(150);
    // The last one as bytes, and one in the middle by its hash.
    const headers = headersOf('mainnet_194270-404640');
    expect(tree.headerBytes(tree.best)).toEqual(headers.at(-1));
    const middle = tree.find(nativeSha256d(headers[100_000]!));
    expect(tree.height(middle!)).toBe(294_270);
    // Another file holds some of the same headers: all are known.
    for (const header of headersOf('mainnet_300000-300499')) {
      expect(tree.add(header, LATE).status).toBe('known');
    }
    // Medians of 11 against sorting, all along the chain.
    for (let entry = 10; entry < tree.size; entry += 997) {
      const times = headers
        .slice(entry - 10, entry + 1)
        .map((bytes) => decode(BlockHeader, bytes).time);
      expect(tree.medianTimePast(entry)).toBe(times.sort((a, b) => a - b)[5]);
    }
  });

  test.each([
    ['mainnet_0-10236', 0, 5],
    ['mainnet_40000-49999', 40_000, 5],
    ['mainnet_300000-300499', 300_000, 1],
    ['mainnet_586657-589289', 586_657, 1],
    ['mainnet_822528-830592', 822_528, 5],
  ])('%s: the chain work of its checkpoints', (name, height, count) => {
    const tree = mainnetTree(name, height);
    expect(compareWithCheckpoints(tree)).toBe(count);
  });

  test('mainnet from 886,212: the rest of its period, then from the next one', () => {
    const headers = headersOf('mainnet_886212-893873');
    const next = 887_040 - 886_212;
    // Nothing here says when the first block of that period was, and until its end nobody asks.
    const anchor = { height: 886_212, chainWork: 0n, periodStart: new Uint8Array(80) };
    const first = treeFrom(mainnet, { ...anchor, header: headers[0]! });
    addAll(first, headers.slice(1, next));
    const second = treeFrom(mainnet, { header: headers[next]!, height: 887_040, chainWork: 0n });
    addAll(second, headers.slice(next + 1));
    expect(second.height(second.best)).toBe(893_873);
  });

  test('signet from genesis', () => {
    const tree = treeFrom(signet, genesisAnchor(signet));
    addAll(tree, headersOf('signet_0-2015').slice(1));
    expect(tree.height(tree.best)).toBe(2_015);
  });

  test('testnet3: Core’s fixture of two headers beside the chain and 546 of it', () => {
    const tree = treeFrom(testnet3, genesisAnchor(testnet3));
    const headers = headersOf('testnet3_core_blockheader_testnet3');
    const fork = headers.slice(0, 2).map((header) => entryOf(tree.add(header, LATE)));
    expect(tree.best).toBe(fork[1]);
    const chain = headers.slice(2).map((header) => entryOf(tree.add(header, LATE)));
    expect(tree.best).toBe(chain.at(-1));
    expect(tree.height(tree.best)).toBe(546);
    expect(tree.lastCommonAncestor(fork[1]!, tree.best)).toBe(tree.anchor);
  });

  test('the alternate mainnet: more work than the real one until that is longer', () => {
    const tree = treeFrom(mainnet, genesisAnchor(mainnet));
    const alternate = addAll(tree, headersOf('alt-mainnet/alt_mainnet_headers_1-2016.bin'));
    // Its one retarget, to difficulty 4.
    expect(tree.bits(alternate)).toBe(0x1c3fffc0);
    let moved = 0;
    for (const header of headersOf('mainnet_0-10236').slice(1)) {
      const before = tree.best;
      const entry = entryOf(tree.add(header, LATE));
      if (tree.best !== before && moved === 0) moved = tree.height(entry);
      expect(tree.best).toBe(moved === 0 ? alternate : entry);
    }
    // 2,016 of difficulty 1 (genesis is shared) and one of 4; a tie at 2,019 does not move it.
    expect(moved).toBe(2_020);
    expect(tree.findFork(tree.locator(alternate), tree.best)).toBe(tree.anchor);
  });

  test('a real stale header at 823,226 does not replace the one seen first', () => {
    const tree = mainnetTree('mainnet_822528-830592', 822_528);
    const [, ...headers] = headersOf('mainnet_822528-830592');
    const [stale] = headersOf('stale_0823226');
    const { best } = tree;
    const entry = entryOf(tree.add(stale!, LATE));
    expect(tree.height(entry)).toBe(823_226);
    expect(tree.best).toBe(best);
    const rival = tree.ancestor(best, 823_226);
    expect(tree.parent(rival)).toBe(tree.parent(entry));
    expect(tree.compareWork(entry, rival)).toBe(0);
    // The other way round, the stale one is best until the other has a child.
    const other = treeFrom(mainnet, {
      header: tree.headerBytes(0),
      height: 822_528,
      chainWork: 0n,
    });
    const upTo = 823_225 - 822_528;
    addAll(other, headers.slice(0, upTo));
    const first = entryOf(other.add(stale!, LATE));
    other.add(headers[upTo]!, LATE);
    expect(other.best).toBe(first);
    const child = entryOf(other.add(headers[upTo + 1]!, LATE));
    expect(other.best).toBe(child);
  });

  describe('with any of their 640 bits flipped', () => {
    /** The answers to a header with each bit flipped, counted by reason. */
    const flipAll = (tree: HeaderTree, header: Uint8Array): Map<string, number> => {
      const reasons = new Map<string, number>();
      for (let bit = 0; bit < 640; bit++) {
        const flipped = header.slice();
        flipped[bit >>> 3]! ^= 1 << (bit & 7);
        const result = tree.add(flipped, LATE);
        const reason = result.status === 'invalid' ? result.reason : result.status;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      return reasons;
    };

    test.each([
      ['mainnet_194270-404640', mainnet, 194_270, 40],
      ['mainnet_0-10236', mainnet, 0, 20],
      ['mainnet_822528-830592', mainnet, 822_528, 10],
      ['signet_0-2015', signet, 0, 10],
    ] as const)('%s: each is refused for its hash', (name, network, height, samples) => {
      const headers = headersOf(name).slice(0, 5_000);
      const start = height - (height % INTERVAL);
      const tree = treeFrom(network, {
        header: headers[0]!,
        height,
        chainWork: 0n,
        periodStart: firstOfPeriods.get(start) ?? headers[0]!,
      });
      const every = Math.floor((headers.length - 1) / samples);
      for (const [i, header] of headers.slice(1).entries()) {
        // Before the header itself is there, so that it cannot be found by accident.
        if (i % every === 0) expect(flipAll(tree, header)).toEqual(new Map([['high-hash', 640]]));
        entryOf(tree.add(header, LATE));
      }
      expect(tree.size).toBe(headers.length);
    });
  });
});
