/**
 * What there can be to warn of, in the order in which warnings are shown (Core kernel/warning.h).
 *
 * - `unknown-new-rules`: miners have activated rules that this software does not know
 * - `large-work-invalid-chain`: a chain that is invalid here has much more work than ours
 */
export type WarningKind = 'unknown-new-rules' | 'large-work-invalid-chain';

const KINDS: readonly WarningKind[] = ['unknown-new-rules', 'large-work-invalid-chain'];

/** The warnings that stand, for RPCs that show them (Core node/warnings.cpp). */
export class NodeWarnings {
  readonly #texts = new Map<WarningKind, string>();
  readonly #alert: (text: string) => void;

  /** @param alert called when a warning comes up that did not stand before */
  constructor(alert: (text: string) => void) {
    this.#alert = alert;
  }

  /** Those that stand. */
  get texts(): readonly string[] {
    return KINDS.flatMap((kind) => this.#texts.get(kind) ?? []);
  }

  /** Puts up a warning. One of its kind that stands stays as it is. */
  set(kind: WarningKind, text: string): void {
    if (this.#texts.has(kind)) return;
    this.#texts.set(kind, text);
    this.#alert(text);
  }

  /** Takes a warning back, if it stands. */
  unset(kind: WarningKind): void {
    this.#texts.delete(kind);
  }
}
