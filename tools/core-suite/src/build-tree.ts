import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What looks to Core's test framework like the build of a bitcoind, in a directory of its own. */
export interface BuildTree {
  readonly directory: string;
  /** The framework's `--configfile`. */
  readonly config: string;
  /** The framework's `--cachedir`: the chain that tests start from, made by the node under test. */
  readonly cache: string;
  /** Data of tests, a directory each. */
  readonly data: string;
  /** What the framework starts, by its environment variable. */
  readonly binaries: Readonly<Record<'BITCOIND' | 'BITCOINCLI', string>>;
  remove(): void;
}

/** What a tree is made for. */
export interface BuildTreeOptions {
  /** A source tree of Bitcoin Core. */
  readonly core: string;
  /** The command to test: a program and its first arguments. */
  readonly node: readonly string[];
}

/** Makes the tree. Components that are not there (the wallet above all) are not in its config. */
export function makeBuildTree({ core, node }: BuildTreeOptions): BuildTree {
  const directory = mkdtempSync(join(tmpdir(), 'btcp2p-core-suite-'));
  const [bin, test, data] = ['bin', 'test', 'data'].map((name) => join(directory, name));
  for (const path of [bin!, test!, data!]) mkdirSync(path);
  const config = join(test!, 'config.ini');
  writeFileSync(config, configText(resolve(core), directory));
  const builtCli = resolve(core, 'build/bin/bitcoin-cli');
  const binaries = {
    BITCOIND: executable(join(bin!, 'bitcoind'), node),
    BITCOINCLI: existsSync(builtCli)
      ? builtCli
      : executable(join(bin!, 'bitcoin-cli'), ['sh', '-c', 'echo there is no bitcoin-cli >&2; exit 1']),
  };
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  return { directory, config, cache: join(directory, 'cache'), data: data!, binaries, remove };
}

/** Without comments: the framework would take them for values. */
function configText(core: string, directory: string): string {
  const lines = [
    '[environment]',
    'CLIENT_NAME=btcp2p',
    'CLIENT_BUGREPORT=https://github.com/bitcoin/bitcoin/issues',
    `SRCDIR=${core}`,
    `BUILDDIR=${directory}`,
    'EXEEXT=',
    `RPCAUTH=${join(core, 'share/rpcauth/rpcauth.py')}`,
    '[components]',
    'ENABLE_BITCOIND=true',
    'ENABLE_CLI=true',
  ];
  return `${lines.join('\n')}\n`;
}

/** A script that becomes the command: the framework looks at what the process with its id does. */
function executable(path: string, command: readonly string[]): string {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  writeFileSync(path, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
