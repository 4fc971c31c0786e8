import { ConditionStack } from './condition-stack.ts';
import { ScriptVerifyFlags } from './script-flags.ts';
import type { ScriptExecutionData, SignatureChecker } from './signature-checker.ts';
import { NO_CODE_SEPARATOR } from './signature-hash-taproot.ts';
import type { SigVersion } from './signature-hash-type.ts';

/** The state of one run of one script, which the opcodes change. */
export class ScriptExecution {
  readonly stack: Uint8Array[];
  readonly altStack: Uint8Array[] = [];
  readonly conditions = new ConditionStack();
  readonly script: Uint8Array;
  readonly flags: ScriptVerifyFlags;
  readonly checker: SignatureChecker;
  readonly sigVersion: SigVersion;
  readonly data: ScriptExecutionData;
  /** Whether pushes and numbers have to take the shortest form. */
  readonly minimal: boolean;
  /** What counts against {@link MAX_OPS_PER_SCRIPT}. */
  opCount = 0;
  /** Where the part that signatures cover starts: behind the last executed `OP_CODESEPARATOR`. */
  scriptCodeStart = 0;

  constructor(
    stack: Uint8Array[],
    script: Uint8Array,
    flags: ScriptVerifyFlags,
    checker: SignatureChecker,
    sigVersion: SigVersion,
    data: ScriptExecutionData,
  ) {
    this.stack = stack;
    this.script = script;
    this.flags = flags;
    this.checker = checker;
    this.sigVersion = sigVersion;
    this.data = data;
    this.minimal = (flags & ScriptVerifyFlags.MINIMALDATA) !== 0;
  }
}

/** What is known before a script has run, outside of taproot. */
export function emptyExecutionData(): ScriptExecutionData {
  return {
    annexHash: undefined,
    tapleafHash: undefined,
    codeSeparatorPosition: NO_CODE_SEPARATOR,
    validationWeightLeft: 0,
  };
}
