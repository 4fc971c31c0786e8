import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Finding } from './finding.ts';
import { readText, type Workspace } from './workspace.ts';

/** A peer on this machine that an example connects to. */
export interface ExamplePeer {
  /** `host:port`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts a peer on a free port of the loopback interface. */
export type StartPeer = () => Promise<ExamplePeer>;

/** What can be set about running examples; tests do. */
export interface ExampleOptions {
  /** Milliseconds that one example may take. */
  readonly timeout?: number;
  /** Where `startPeer` comes from; undefined if there is none. */
  readonly loadStartPeer?: () => Promise<StartPeer | undefined>;
}

/** A ```ts block of a README. */
export interface Example {
  readonly path: string;
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** `run`; `skip`: type-checked only; `peer`: run against a peer of its own. */
  readonly mode: 'run' | 'skip' | 'peer';
}

/** The address that stands in an example for that of its peer. */
const PEER_ADDRESS = '127.0.0.1:18444';
const PEER_PACKAGE = '@btcp2p/replay-peer';

/** Examples are compiled here: inside the workspace, so that their imports resolve as a user's do. */
const DIRECTORY = 'tools/tidy/.cache-examples';
const TIMEOUT = 30_000;
/** How many of the last lines of a failing example's output are shown. */
const OUTPUT_LINES = 20;

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
};

/**
 * Every example of every README compiles against the built packages, as a user would have them, and
 * runs to its end; and the npm scripts that READMEs name exist.
 */
export async function checkExamples(
  workspace: Workspace,
  options: ExampleOptions = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const examples: Example[] = [];
  for (const path of readmes(workspace)) {
    const text = readText(workspace, path);
    if (text === undefined) continue;
    findings.push(...checkScripts(workspace, path, text));
    const found = extractExamples(path, text);
    examples.push(...found.examples);
    findings.push(...found.findings);
  }
  const directory = join(workspace.root, DIRECTORY);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'cwd'), { recursive: true });
  const compiled = compile(directory, examples);
  findings.push(...compiled.findings);
  for (const { example, script } of compiled.runnable) {
    findings.push(...(await runExample(directory, example, script, options)));
  }
  return findings;
}

/** The README of the repository, and those of its projects. */
function readmes({ projects }: Workspace): string[] {
  return ['README.md', ...projects.map(({ directory }) => `${directory}/README.md`)];
}

/** The ```ts blocks of a text, and what is wrong with the comments that steer them. */
export function extractExamples(
  path: string,
  text: string,
): { examples: Example[]; findings: Finding[] } {
  const examples: Example[] = [];
  const findings: Finding[] = [];
  const lines = text.split('\n');
  let directive: string | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fence = /^\s*```(\S*)\s*$/.exec(line);
    if (fence === null) {
      if (line.trim() !== '') directive = /^\s*<!-- example: (.*?) *-->/.exec(line)?.[1];
      continue;
    }
    let end = at + 1;
    while (end < lines.length && !/^\s*```\s*$/.test(lines[end] ?? '')) end++;
    if (fence[1] === 'ts' || fence[1] === 'typescript') {
      const code = lines.slice(at + 1, end).join('\n');
      const [mode, objection] = modeOf(directive, code);
      if (objection !== undefined) {
        findings.push({ path, line: at + 1, rule: 'example/directive', message: objection });
      }
      examples.push({ path, line: at + 2, code, mode });
    }
    directive = undefined;
    at = end;
  }
  return { examples, findings };
}

/** What a comment `<!-- example: … -->` asks for, and what is wrong with it. */
function modeOf(
  directive: string | undefined,
  code: string,
): [mode: Example['mode'], objection?: string] {
  if (directive === undefined) return ['run'];
  if (directive === 'peer') {
    if (code.includes(PEER_ADDRESS)) return ['peer'];
    return ['peer', `an example with a peer connects to ${PEER_ADDRESS}`];
  }
  if (directive === 'skip') return ['skip', 'say why it is skipped: <!-- example: skip REASON -->'];
  if (directive.startsWith('skip ')) return ['skip'];
  return ['run', `unknown: example: ${directive}`];
}

interface Runnable {
  readonly example: Example;
  /** The absolute path of its JavaScript. */
  readonly script: string;
}

/** Type-checks all examples at once. Those without a fault that are to be run come back as scripts. */
function compile(
  directory: string,
  examples: readonly Example[],
): { runnable: Runnable[]; findings: Finding[] } {
  const sources = new Map(examples.map((example) => [sourceName(example), example]));
  for (const [name, { code, line }] of sources) {
    // Leading blank lines give the compiler the README's own line numbers.
    writeFileSync(join(directory, name), `${'\n'.repeat(line - 1)}${code}\n`);
  }
  const outDir = join(directory, 'js');
  const compilerOptions = { ...COMPILER_OPTIONS, rootDir: directory, outDir };
  const host = ts.createCompilerHost(compilerOptions);
  host.getCurrentDirectory = () => directory;
  const names = [...sources.keys()];
  const program = ts.createProgram(
    names.map((name) => join(directory, name)),
    compilerOptions,
    host,
  );
  const findings = ts.getPreEmitDiagnostics(program).map((diagnostic): Finding => {
    const { file, start, messageText, code } = diagnostic;
    const message = `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    const path = (file && sources.get(basename(file.fileName))?.path) ?? 'tools/tidy/package.json';
    const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 1;
    return { path, line, rule: 'example/types', message };
  });
  program.emit();
  const runnable = [...sources].flatMap(([name, example]) => {
    const source = program.getSourceFile(join(directory, name));
    const faulty = ts.getPreEmitDiagnostics(program, source).length > 0;
    if (faulty || example.mode === 'skip') return [];
    return [{ example, script: join(outDir, name.replace(/ts$/, 'js')) }];
  });
  return { runnable, findings };
}

/** `packages-wire-README-12.ts`. */
function sourceName({ path, line }: Example): string {
  return `${path.replace(/\.md$/, '').replaceAll('/', '-')}-${line}.ts`;
}

async function runExample(
  directory: string,
  example: Example,
  script: string,
  options: ExampleOptions,
): Promise<Finding[]> {
  const { path, line } = example;
  const finding = (message: string): Finding[] => [{ path, line, rule: 'example/run', message }];
  if (example.mode !== 'peer') {
    const failure = await runScript(directory, script, options.timeout ?? TIMEOUT);
    return failure === undefined ? [] : finding(failure);
  }
  const startPeer = await (options.loadStartPeer ?? loadStartPeer)();
  if (startPeer === undefined) {
    return finding(`needs a peer, but ${PEER_PACKAGE} has no export startPeer (or is not built)`);
  }
  const peer = await startPeer();
  try {
    writeFileSync(script, readFileSync(script, 'utf8').replaceAll(PEER_ADDRESS, peer.address));
    const failure = await runScript(directory, script, options.timeout ?? TIMEOUT);
    return failure === undefined ? [] : finding(failure);
  } finally {
    await peer.close();
  }
}

/** Runs a script in a process of its own. What went wrong, with the end of its output. */
function runScript(directory: string, script: string, timeout: number): Promise<string | undefined> {
  const child = spawn(process.execPath, ['--enable-source-maps', script], {
    cwd: join(directory, 'cwd'),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(undefined);
      const how = signal === 'SIGKILL' ? `did not end within ${timeout / 1000} s` : `exited with ${code}`;
      const shown = output.trimEnd().split('\n').slice(-OUTPUT_LINES);
      resolve([how, ...shown.map((text) => `    ${text}`)].join('\n'));
    });
  });
}

/** `startPeer` of the package that has it. Not a dependency, so that tidy runs where it is broken. */
async function loadStartPeer(): Promise<StartPeer | undefined> {
  try {
    const module = (await import(PEER_PACKAGE)) as { startPeer?: StartPeer };
    return module.startPeer;
  } catch (error) {
    console.error(`${fileURLToPath(import.meta.url)}: cannot load ${PEER_PACKAGE}:`, error);
    return undefined;
  }
}

/** The npm scripts that a README tells people to run: of the root, or of the README's own package. */
function checkScripts(workspace: Workspace, path: string, text: string): Finding[] {
  const own = workspace.projects.find(({ directory }) => path === `${directory}/README.md`);
  const scripts = { ...own?.manifest.scripts, ...workspace.manifest.scripts };
  return text.split('\n').flatMap((content, index) =>
    [...content.matchAll(/\bnpm (?:run ([\w:.-]+)|(test|start)\b)/g)]
      .map(([, script, short]) => (script ?? short ?? '').replace(/[.:]$/, ''))
      .filter((script) => !(script in scripts))
      .map((script) => ({
        path,
        line: index + 1,
        rule: 'example/script',
        message: `package.json has no script ${script}`,
      })),
  );
}
