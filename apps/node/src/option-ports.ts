import { NodeError } from './node-error.ts';
import type { Settings } from './settings.ts';

/**
 * The port that an option names.
 *
 * @throws NodeError `option` if it is none
 */
export function portOf(settings: Settings, option: 'port' | 'rpcport'): number | undefined {
  const text = settings.text(option);
  if (text === undefined) return undefined;
  return parsePort(text) ?? invalidPort(option, text);
}

/** A port that one can listen on or connect to: 1 to 65535, decimal digits only. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Refuses a value for its port. */
export function invalidPort(option: string, value: string): never {
  throw new NodeError('option', `Invalid port specified in -${option}: '${value}'`);
}

/**
 * What stands after the colon that separates a port, in `a:1` or `[::1]:1` but not in `::1`;
 * undefined if there is none (Core `SplitHostPort`).
 */
export function portText(text: string): string | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  const bracketed = text.startsWith('[') && text[colon - 1] === ']';
  const several = colon !== 0 && text.lastIndexOf(':', colon - 1) >= 0;
  return colon === 0 || bracketed || !several ? text.slice(colon + 1) : undefined;
}

/**
 * Refuses hosts whose port is none. Names are looked up later, when they are needed.
 *
 * @throws NodeError `option`
 */
export function checkPorts(option: string, hosts: readonly string[]): readonly string[] {
  for (const host of hosts) {
    const port = portText(host);
    if (port !== undefined && parsePort(port) === undefined) invalidPort(option, host);
  }
  return hosts;
}
