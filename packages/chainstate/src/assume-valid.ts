import {
  blockProofEquivalentTime,
  type ConsensusParams,
  type HeaderEntry,
  type HeaderTree,
} from '@btcp2p/consensus';

/** A block that is nearer than this to the best header, in work, has its scripts checked. */
const TWO_WEEKS_IN_SECONDS = 2 * 7 * 24 * 60 * 60;

/** What the decision rests on besides the headers. */
export interface AssumeValidOptions {
  readonly params: ConsensusParams;
  /** A block whose ancestors' scripts are taken as valid, 32 bytes in wire order; all 0 for none. */
  readonly assumeValid: Uint8Array;
  readonly minimumChainWork: bigint;
}

/**
 * Why the scripts of a block must be checked, in Core's words, or undefined if they need not be (Core
 * `ConnectBlock`, validation.cpp).
 *
 * **Specification.** Scripts are skipped of the ancestors of the block that the user, or the release,
 * takes as valid, as long as they are also on the chain of the best header, that has at least the
 * minimum work, and two weeks of work have been done since.
 *
 * **Rationale.** All else is still checked. Who wants us to believe a bad chain would have to outmine
 * the network for two weeks, and to make us take another hash as valid.
 */
export function scriptCheckReason(
  entry: HeaderEntry,
  headers: HeaderTree,
  { params, assumeValid, minimumChainWork }: AssumeValidOptions,
): string | undefined {
  if (assumeValid.every((byte) => byte === 0)) return 'assumevalid=0 (always verify)';
  const assumed = headers.find(assumeValid);
  if (assumed === undefined) return 'assumevalid hash not in headers';
  if (!headers.isAncestor(entry, assumed)) {
    return headers.height(entry) > headers.height(assumed)
      ? 'block height above assumevalid height'
      : 'block not in assumevalid chain';
  }
  const { best } = headers;
  if (!headers.isAncestor(entry, best)) return 'block not in best header chain';
  const bestWork = headers.chainWork(best);
  if (bestWork < minimumChainWork) return 'best header chainwork below minimumchainwork';
  const since = blockProofEquivalentTime(
    bestWork,
    headers.chainWork(entry),
    headers.bits(best),
    params,
  );
  return since <= TWO_WEEKS_IN_SECONDS ? 'block too recent relative to best header' : undefined;
}
