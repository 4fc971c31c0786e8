import { splitHostPort } from '@btcp2p/wire';

/** `host:port` of what the user wrote, with the chain's port where none was given. */
export function withDefaultPort(text: string, defaultPort: number): string {
  const { host, port } = splitHostPort(text) ?? { host: text, port: undefined };
  const shown = host.includes(':') ? `[${host}]` : host;
  return `${shown}:${port ?? defaultPort}`;
}
