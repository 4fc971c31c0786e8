/** A test as it is run: the file without `.py`, and its options. */
export interface SuiteTest {
  /** As it is written in lists and reports: `rpc_bind --ipv4`. */
  readonly title: string;
  readonly name: string;
  readonly args: readonly string[];
}

/** A test that is known to fail. */
export interface KnownFailure {
  readonly test: SuiteTest;
  readonly reason: string;
}

/** What to run when nothing is named. */
export interface TestList {
  readonly expected: readonly SuiteTest[];
  readonly failing: readonly KnownFailure[];
}

/** A test from its title; `.py` at the end of the name is allowed. */
export function suiteTest(title: string): SuiteTest {
  const [file = '', ...args] = title.trim().split(/\s+/);
  const name = file.replace(/\.py$/, '');
  return { title: [name, ...args].join(' '), name, args };
}

/**
 * Reads a list: a test a line; `#` starts a comment; a line `!test: reason` names one that is known
 * to fail.
 *
 * @throws Error for a known failure without a reason, and for a test that is there twice
 */
export function parseTestList(text: string): TestList {
  const expected: SuiteTest[] = [];
  const failing: KnownFailure[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const known = /^!\s*([^:]+):\s*(.+)$/.exec(content);
    if (content.startsWith('!') && known === null) throw new Error(`no reason: ${content}`);
    const test = suiteTest(known?.[1] ?? content);
    if (seen.has(test.title)) throw new Error(`twice: ${test.title}`);
    seen.add(test.title);
    if (known === null) expected.push(test);
    else failing.push({ test, reason: known[2]! });
  }
  return { expected, failing };
}
