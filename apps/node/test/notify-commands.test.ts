import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NotifyCommands, type NotifyOptions } from '../src/notify-commands.ts';

let directory: string;
let warnings: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'btcp2p-notify-'));
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function commands(options: Partial<NotifyOptions>): NotifyCommands {
  const none = { startup: '', block: '', alert: '', shutdown: [] };
  return new NotifyCommands({ ...none, ...options }, (line) => warnings.push(line));
}

async function contentOf(name: string): Promise<string> {
  const path = join(directory, name);
  const deadline = Date.now() + 10_000;
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') {
    if (Date.now() > deadline) throw new Error(`no ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return readFileSync(path, 'utf8').trim();
}

test('commands are given what happened', async () => {
  const { started, tipChanged } = {
    started: commands({ startup: `echo up > ${directory}/startup` }),
    tipChanged: commands({ block: `echo %s %s > ${directory}/block` }),
  };
  started.started();
  tipChanged.tipChanged('00ff');
  expect(await contentOf('startup')).toBe('up');
  expect(await contentOf('block')).toBe('00ff 00ff');
});

test('a warning cannot become a command', async () => {
  commands({ alert: `echo %s > ${directory}/alert` }).alert(`it's $(touch ${directory}/x) \`y\` $& !`);
  expect(await contentOf('alert')).toBe(`its (touch ${directory}/x) y  `.trim());
  expect(existsSync(join(directory, 'x'))).toBe(false);
});

test('the shutdown waits for its commands, and failures are told', async () => {
  const command = `sleep 0.2; echo down > ${directory}/down`;
  await commands({ shutdown: [command, 'exit 3'] }).shutDown();
  expect(readFileSync(join(directory, 'down'), 'utf8').trim()).toBe('down');
  expect(warnings).toEqual(['runCommand error: system(exit 3) returned 3']);
});

test('nothing is run that was not asked for', async () => {
  const none = commands({});
  none.started();
  none.tipChanged('00');
  none.alert('x');
  await none.shutDown();
  expect(warnings).toEqual([]);
});
