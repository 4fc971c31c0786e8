import { NodeError } from './node-error.ts';

/** A place in a configuration file where a section is named. */
export interface SectionMention {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/**
 * The `key=value` pairs of a configuration file in order, each key with the section it stands in:
 * `regtest.port` (Core `GetConfigOptions`, common/config.cpp).
 *
 * @param file its name, for mentions
 * @param mention called for each section that is named
 * @throws NodeError `configuration` at the first line that is none
 */
export function configLines(
  text: string,
  file: string,
  mention: (section: SectionMention) => void,
): (readonly [key: string, value: string])[] {
  const lines: [string, string][] = [];
  let prefix = '';
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    const hash = line.indexOf('#');
    const content = trimBlanks(hash < 0 ? line : line.slice(0, hash));
    if (content === '') continue;
    if (content.startsWith('[') && content.endsWith(']')) {
      const name = content.slice(1, -1);
      mention({ name, file, line: number });
      prefix = `${name}.`;
      continue;
    }
    const equals = content.indexOf('=');
    if (content.startsWith('-') || equals < 0) throw lineError(number, content);
    const key = prefix + trimBlanks(content.slice(0, equals));
    if (hash >= 0 && key.includes('rpcpassword')) {
      throw configurationError(
        `parse error on line ${number}, using # in rpcpassword can be ambiguous and should be avoided`,
      );
    }
    const dot = key.lastIndexOf('.');
    if (dot >= 0 && prefix.length <= dot) {
      mention({ name: key.slice(0, dot), file, line: number });
    }
    lines.push([key, trimBlanks(content.slice(equals + 1))]);
  }
  return lines;
}

function trimBlanks(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/** An error in a configuration file, with the words that stand before it. */
export function configurationError(message: string): NodeError {
  return new NodeError('configuration', `Error reading configuration file: ${message}`);
}

function lineError(line: number, content: string): NodeError {
  if (content.startsWith('-')) {
    return configurationError(
      `parse error on line ${line}: ${content}, ` +
        'options in configuration file must be specified without leading -',
    );
  }
  const hint =
    content.length >= 2 && content.startsWith('no')
      ? `, if you intended to specify a negated option, use ${content}=1 instead`
      : '';
  return configurationError(`parse error on line ${line}: ${content}${hint}`);
}
