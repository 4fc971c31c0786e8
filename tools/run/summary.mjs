import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** How many lines of a failure's message are repeated in the summary. */
const MESSAGE_LINES = 12;

/**
 * Sums up jest's results of several projects: a line for each project, then what failed, and the
 * totals. A test file, or a whole project, that did not run counts as one failed.
 */
export function summarize(root, tested, untested, file) {
  const results = tested.map((project) => ({ project, ...read(join(root, project.directory, file)) }));
  const failures = results.flatMap((result) => failuresOf(root, result));
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const totals = totalsLine(sum('passed'), sum('failed'), sum('skipped'));
  return {
    failed: sum('failed'),
    totals,
    lines: [
      '',
      ...results.map((result) => `  ${result.project.name.padEnd(24)} ${describe(result)}`),
      ...(untested.length > 0 ? [`  no tests: ${untested.map(({ name }) => name).join(', ')}`] : []),
      ...(failures.length > 0 ? ['', ...failures] : []),
      '',
    ],
  };
}

/** `12 passed, 0 failed`, and `, 3 skipped` if any were. */
function totalsLine(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function describe({ ran, passed, failed, skipped, milliseconds }) {
  if (!ran) return 'did not run';
  return `${totalsLine(passed, failed, skipped)} (${(milliseconds / 1000).toFixed(1)} s)`;
}

function read(path) {
  if (!existsSync(path)) {
    return { ran: false, passed: 0, failed: 1, skipped: 0, milliseconds: 0, suites: [] };
  }
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const ends = json.testResults.map(({ endTime }) => endTime);
  return {
    ran: true,
    passed: json.numPassedTests,
    failed: json.numFailedTests + json.numRuntimeErrorTestSuites,
    skipped: json.numPendingTests + json.numTodoTests,
    milliseconds: Math.max(json.startTime, ...ends) - json.startTime,
    suites: json.testResults,
  };
}

function failuresOf(root, { project, ran, suites }) {
  if (!ran) return [`FAILED ${project.name}: did not run (see the output above)`];
  return suites.flatMap((suite) => {
    const where = relative(root, suite.name);
    const failed = suite.assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0 && suite.status === 'failed') {
      return [`FAILED ${where}: the file did not run`, ...head(suite.message)];
    }
    return failed.flatMap(({ fullName, failureMessages }) =>
      [`FAILED ${where}: ${fullName}`].concat(head(failureMessages[0] ?? '')),
    );
  });
}

/** The beginning of a message, without colours, blank lines and the stack frames of jest itself. */
function head(message) {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at .*(node_modules|node:internal)/.test(line));
  return lines.slice(0, MESSAGE_LINES).map((line) => `    ${line}`);
}
