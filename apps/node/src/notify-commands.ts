import { spawn } from 'node:child_process';

/** Commands of the user's for the shell; empty: none. */
export interface NotifyOptions {
  /** `-startupnotify`: the node is ready. */
  readonly startup: string;
  /** `-blocknotify`: the tip is another one, whose hash stands for `%s`. */
  readonly block: string;
  /** `-alertnotify`: there is something to warn of, which stands for `%s`. */
  readonly alert: string;
  /** `-shutdownnotify`: the node is about to end. */
  readonly shutdown: readonly string[];
}

/**
 * What a shell takes for nothing but text, in single quotes (Core `SanitizeString`,
 * util/strencodings.cpp).
 */
function harmless(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9 .,;\-_/:?@()]/g, '');
}

/** Runs the commands by which users are told of events (Core init.cpp, node/kernel_notifications.cpp). */
export class NotifyCommands {
  readonly #options: NotifyOptions;
  readonly #warn: (line: string) => void;

  /** @param warn writes a warning into the log */
  constructor(options: NotifyOptions, warn: (line: string) => void) {
    this.#options = options;
    this.#warn = warn;
  }

  started(): void {
    void this.#run(this.#options.startup);
  }

  /** @param hash the new tip's, as people write it */
  tipChanged(hash: string): void {
    void this.#run(this.#options.block.replaceAll('%s', hash));
  }

  /** @param text reaches the shell in quotes, and without what could end them */
  alert(text: string): void {
    void this.#run(this.#options.alert.replaceAll('%s', () => `'${harmless(text)}'`));
  }

  /** Comes back when all commands of the shutdown have ended. */
  async shutDown(): Promise<void> {
    await Promise.all(this.#options.shutdown.map((command) => this.#run(command)));
  }

  /** Runs a command to its end, in a shell that sees what we see. */
  #run(command: string): Promise<void> {
    if (command === '') return Promise.resolve();
    return new Promise((resolve) => {
      const child = spawn(command, { shell: true, stdio: 'inherit' });
      child.once('error', (error) => {
        this.#warn(`runCommand error: system(${command}): ${error.message}`);
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (code !== 0) this.#warn(`runCommand error: system(${command}) returned ${code ?? signal}`);
        resolve();
      });
    });
  }
}
