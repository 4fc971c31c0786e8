/** Something that a check found wrong. */
export interface Finding {
  /** The file, from the root of the repository, with forward slashes. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** The check that found it (`layers`), and which of its rules (`layers/order`). */
  readonly rule: string;
  /** What is wrong, as a sentence without its full stop. More lines may follow the first. */
  readonly message: string;
}

/** `path:line: rule: message`. */
export function formatFinding({ path, line, rule, message }: Finding): string {
  return `${path}:${line}: ${rule}: ${message}`;
}

/** The findings in the order of their files and lines, so that two runs print the same. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const key = ({ path, rule, message }: Finding): string => `${path}\0${rule}\0${message}`;
  return findings.toSorted((a, b) => {
    if (a.path === b.path && a.line !== b.line) return a.line - b.line;
    return key(a) < key(b) ? -1 : 1;
  });
}

/** The line, counted from 1, on which `needle` first stands in `text`; 1 if it does not. */
export function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}
