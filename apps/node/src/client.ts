import { readFileSync } from 'node:fs';

/** The program's name, as messages to people and the user agent give it. */
export const CLIENT_NAME = 'btcp2p';

/** This package's version. Read at run time, so that a release changes it in one place only. */
export const CLIENT_VERSION: string = packageVersion();

/** A user agent in the form of BIP 14: `/btcp2p:0.1.0(comment; comment)/`. */
export function userAgent(comments: readonly string[] = []): string {
  const remarks = comments.length === 0 ? '' : `(${comments.join('; ')})`;
  return `/${CLIENT_NAME}:${CLIENT_VERSION}${remarks}/`;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
