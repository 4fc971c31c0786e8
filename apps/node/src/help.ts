import { CLIENT_NAME, CLIENT_VERSION } from './client.ts';
import { OPTIONS } from './option-table.ts';
import type { OptionCategory, OptionDefinition } from './options.ts';

/** Columns of the help (Core `screenWidth`, common/args.cpp). */
const SCREEN_WIDTH = 79;
/** Columns before an option, and before what it does (Core `optIndent`, `msgIndent`). */
const OPTION_INDENT = 2;
const TEXT_INDENT = 7;

const HEADINGS: readonly (readonly [OptionCategory, string])[] = [
  ['options', 'Options:'],
  ['connection', 'Connection options:'],
  ['wallet', 'Wallet options:'],
  ['debug-test', 'Debugging/Testing options:'],
  ['chain-selection', 'Chain selection options:'],
  ['relay', 'Node relay options:'],
  ['block-creation', 'Block creation options:'],
  ['rpc', 'RPC server options:'],
];

/** What `-version` prints. */
export function versionText(): string {
  return (
    `${CLIENT_NAME} node version ${CLIENT_VERSION}\n` +
    'Released under the MIT licence. It comes without any warranty.\n'
  );
}

/** What `-help` prints, or with `debugOptions` what `-help-debug` prints: lines of 79 columns at most. */
export function helpText(debugOptions: boolean, options: readonly OptionDefinition[] = OPTIONS): string {
  const intro = paragraph(
    'btcp2p-node connects to the Bitcoin network, follows the chain with the most work, and stores ' +
      'its headers and blocks. Its options and its data directory are those of bitcoind.',
    0,
  );
  let text =
    `${CLIENT_NAME} node version ${CLIENT_VERSION}\n\n${intro}\n\nUsage: btcp2p-node [options]\n\n`;
  for (const [category, heading] of HEADINGS) {
    text += `${heading}\n\n`;
    const shown = options
      .filter((option) => option.category === category)
      .filter((option) => debugOptions || option.flags?.includes('debug-only') !== true)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, argument = '', help, noEffect } of shown) {
      const remark = noEffect === undefined ? '' : `. Without effect here: ${noEffect.because}`;
      text += `${' '.repeat(OPTION_INDENT)}-${name}${argument}\n`;
      text += `${' '.repeat(TEXT_INDENT)}${paragraph(help + remark, TEXT_INDENT)}\n\n`;
    }
  }
  return text;
}

/** Breaks text at blanks into lines that end before the screen does, all but the first indented. */
function paragraph(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > SCREEN_WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}
