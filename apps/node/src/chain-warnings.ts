import type { HeaderEntry, HeaderTree, VersionBitsCache } from '@btcp2p/consensus';
import { blockProof } from '@btcp2p/consensus';
import type { NodeWarnings } from './node-warnings.ts';

/**
 * Blocks of work by which an invalid chain must be ahead for a warning (Core
 * `CheckForkWarningConditions`).
 */
const LARGE_WORK_BLOCKS = 6n;

/** What {@link ChainWarnings} looks at. */
export interface ChainWarningsOptions {
  readonly headers: HeaderTree;
  readonly versionBits: VersionBitsCache;
  readonly warnings: NodeWarnings;
  /** Writes a line into the log. */
  readonly log: (line: string) => void;
}

/** Finds in the chain what the user should be warned of (Core validation.cpp). */
export class ChainWarnings {
  readonly #options: ChainWarningsOptions;

  constructor(options: ChainWarningsOptions) {
    this.#options = options;
  }

  /** The tip is another one, or a block was found to be invalid, and we are past the initial download. */
  check(tip: HeaderEntry): void {
    this.#checkInvalidChain(tip);
    for (const { bit, isActive } of this.#options.versionBits.unknownActivations(tip)) {
      if (isActive) this.#options.warnings.set('unknown-new-rules', unknownRulesText(bit));
    }
  }

  /** Rules unknown to us that will hold from the next period on, for the log of new blocks. */
  upcoming(tip: HeaderEntry): string[] {
    const unknown = this.#options.versionBits.unknownActivations(tip);
    return unknown.filter(({ isActive }) => !isActive).map(({ bit }) => unknownRulesText(bit));
  }

  /** Core `CheckForkWarningConditions`. */
  #checkInvalidChain(tip: HeaderEntry): void {
    const { headers, warnings, log } = this.#options;
    const invalid = headers.bestInvalid;
    const limit = headers.chainWork(tip) + LARGE_WORK_BLOCKS * blockProof(headers.bits(tip));
    if (invalid === undefined || headers.chainWork(invalid) <= limit) {
      warnings.unset('large-work-invalid-chain');
      return;
    }
    log(
      'CheckForkWarningConditions: Warning: Found invalid chain at least ~6 blocks longer than ' +
      'our best chain.',
    );
    warnings.set(
      'large-work-invalid-chain',
      'Warning: We do not appear to fully agree with our peers! ' +
        'You may need to upgrade, or other nodes may need to upgrade.',
    );
  }
}

function unknownRulesText(bit: number): string {
  return `Unknown new rules activated (versionbit ${bit})`;
}
