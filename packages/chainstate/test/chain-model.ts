// What a chain state has to come to, by the simplest means: all is looked for anew each time.
import type { WorldBlock } from './block-world.ts';

/** What a block's being handed in has to be answered with. */
export type Answer =
  | { readonly status: 'accepted'; readonly isNew: boolean; readonly verdict: string | undefined }
  | { readonly status: 'rejected'; readonly reason: string };

/** The rules of Core's validation.cpp for which chain is the active one, in the fewest words. */
export class ChainModel {
  readonly genesis: WorldBlock;
  tip: WorldBlock;
  /** Whose headers are known. */
  readonly known: Set<WorldBlock>;
  readonly stored: Set<WorldBlock>;
  /** Known to be invalid, or declared so, with all that build on them. */
  readonly failed = new Set<WorldBlock>();
  /** When the chain of each was complete; lower ones are preferred. */
  readonly ranks = new Map<WorldBlock, number>();
  #nextRank = 2;
  #preciousRank = -1;
  #preciousHeight = -1;

  constructor(genesis: WorldBlock) {
    this.genesis = genesis;
    this.tip = genesis;
    this.known = new Set([genesis]);
    this.stored = new Set([genesis]);
    this.ranks.set(genesis, 0);
  }

  submit(block: WorldBlock): Answer {
    const { parent, fault } = block;
    if (fault?.stage === 'check') return { status: 'rejected', reason: fault.reason };
    if (!this.known.has(block)) {
      if (!this.known.has(parent!)) return { status: 'rejected', reason: 'prev-blk-not-found' };
      if (this.failed.has(parent!)) return { status: 'rejected', reason: 'bad-prevblk' };
      this.known.add(block);
    } else if (this.failed.has(block)) {
      return { status: 'rejected', reason: 'duplicate-invalid' };
    }
    const isNew = !this.stored.has(block);
    if (isNew && fault !== undefined && fault.stage !== 'connect') {
      if (fault.stage === 'context') this.#fail(block);
      return { status: 'rejected', reason: fault.reason };
    }
    if (isNew) {
      this.stored.add(block);
      this.#link(block);
    }
    const verdict = this.activate().get(block);
    return { status: 'accepted', isNew, verdict };
  }

  /** Its header comes alone. What is wrong with the rest does not show. */
  announce(block: WorldBlock): 'added' | 'known' | 'orphan' | 'invalid' {
    if (this.known.has(block)) return this.failed.has(block) ? 'invalid' : 'known';
    if (!this.known.has(block.parent!)) return 'orphan';
    if (this.failed.has(block.parent!)) return 'invalid';
    this.known.add(block);
    return 'added';
  }

  /** Goes to the best chain. Returns what came of the blocks that were connected. */
  activate(): Map<WorldBlock, string> {
    const verdicts = new Map<WorldBlock, string>();
    for (;;) {
      let best: WorldBlock | undefined;
      for (const block of this.ranks.keys()) {
        if (!this.failed.has(block) && (best === undefined || this.isBetter(block, best))) best = block;
      }
      const path: WorldBlock[] = [];
      for (let at = best; at !== undefined && !isOn(this.tip, at); at = at.parent) path.push(at);
      if (path.length === 0) {
        this.tip = best!;
        return verdicts;
      }
      this.tip = path.at(-1)!.parent!;
      for (const block of path.toReversed()) {
        verdicts.set(block, block.fault?.reason ?? 'valid');
        if (block.fault !== undefined) {
          this.#fail(block);
          break;
        }
        this.tip = block;
      }
    }
  }

  invalidate(block: WorldBlock): void {
    this.#fail(block);
    if (isOn(this.tip, block)) this.tip = block.parent!;
    this.activate();
  }

  reconsider(block: WorldBlock): void {
    for (const other of this.failed) {
      if (isOn(other, block) || isOn(block, other)) this.failed.delete(other);
    }
    this.activate();
  }

  precious(block: WorldBlock): void {
    if (block.height < this.tip.height) return;
    if (this.tip.height > this.#preciousHeight) this.#preciousRank = -1;
    this.#preciousHeight = this.tip.height;
    if (this.ranks.has(block)) this.ranks.set(block, this.#preciousRank);
    this.#preciousRank--;
    this.activate();
  }

  /** All blocks have the same work, so that height tells which chain has more. */
  isBetter(a: WorldBlock, b: WorldBlock): boolean {
    if (a.height !== b.height) return a.height > b.height;
    return this.ranks.get(a)! < this.ranks.get(b)!;
  }

  #fail(block: WorldBlock): void {
    for (const other of this.known) if (isOn(other, block)) this.failed.add(other);
  }

  /** Ranks what is complete now: by levels, and the children of one in the order in which they came. */
  #link(block: WorldBlock): void {
    if (!this.ranks.has(block.parent!)) return;
    const queue = [block];
    for (const each of queue) {
      this.ranks.set(each, this.#nextRank++);
      for (const child of this.stored) if (child.parent === each) queue.push(child);
    }
  }
}

/** Whether a block is on the chain of another one, or is that. */
export function isOn(chain: WorldBlock, block: WorldBlock): boolean {
  let at = chain;
  while (at.height > block.height) at = at.parent!;
  return at === block;
}
