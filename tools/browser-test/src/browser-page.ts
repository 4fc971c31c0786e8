import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { pageApi } from './page/page-api.ts';

type PageApi = typeof pageApi;

/** Where the page seems to come from. No name is looked up and nothing is sent. */
const ORIGIN = 'http://btcp2p.test/';
/** A page that asks for nothing else. */
const EMPTY = '<!doctype html><link rel="icon" href="data:,">';

/** Its processes may take a moment to be gone. */
const REMOVAL = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

/** Sets {@link pageApi} up in the page: the source of its bundle. */
const ENTRY = `
  import { pageApi } from './src/page/page-api.ts';
  globalThis.pageApi = pageApi;
`;

/** A page of a headless Chromium that has run a script. */
export class BrowserPage {
  /** For `bundle`: what makes the script that {@link open} takes. */
  static readonly entry = ENTRY;

  readonly #browser: Browser;
  readonly #page: Page;
  readonly #directory: string;
  /** What the page complained of: errors that nobody caught, and refusals. */
  readonly errors: string[] = [];

  private constructor(browser: Browser, page: Page, directory: string) {
    this.#browser = browser;
    this.#page = page;
    this.#directory = directory;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  /** Starts the browser and runs the script, a module, in an empty page. */
  static async open(executablePath: string, script: string): Promise<BrowserPage> {
    // The browser leaves things behind where temporary and personal files go.
    const directory = mkdtempSync(join(tmpdir(), 'btcp2p-browser-'));
    const env = { ...process.env, TMPDIR: directory, HOME: directory };
    let browser: Browser | undefined;
    try {
      // Without its sandbox, by Playwright's default: root cannot have it, and the code is ours.
      browser = await chromium.launch({ executablePath, env });
      const opened = new BrowserPage(browser, await browser.newPage(), directory);
      await opened.#load(script);
      return opened;
    } catch (error) {
      await browser?.close();
      rmSync(directory, REMOVAL);
      throw error;
    }
  }

  /** Such as `156.0.8078.79`. */
  get version(): string {
    return this.#browser.version();
  }

  /** Calls a function of {@link pageApi} in the page. */
  async call<K extends keyof PageApi>(
    name: K,
    ...args: Parameters<PageApi[K]>
  ): Promise<Awaited<ReturnType<PageApi[K]>>> {
    const result: unknown = await this.#page.evaluate(callInPage, { name, args });
    return result as Awaited<ReturnType<PageApi[K]>>;
  }

  /** Ends the browser, and removes all that it wrote. */
  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#directory, REMOVAL);
  }

  async #load(script: string): Promise<void> {
    const page = this.#page;
    await page.route('**', (route) =>
      route.request().url() === ORIGIN
        ? route.fulfill({ contentType: 'text/html', body: EMPTY })
        : route.abort(),
    );
    await page.goto(ORIGIN);
    await page.addScriptTag({ content: script, type: 'module' });
  }
}

/** Runs in the page: it knows nothing but its argument. */
function callInPage({ name, args }: { name: string; args: readonly unknown[] }): unknown {
  const { pageApi } = globalThis as unknown as {
    pageApi: Record<string, (...args: readonly unknown[]) => unknown>;
  };
  return pageApi[name]!(...args);
}
