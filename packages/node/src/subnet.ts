import { formatHost, parseAddress, splitHostPort, type NetAddress } from '@btcp2p/wire';
import { isValidAddress } from './network-class.ts';

type Host = Pick<NetAddress, 'network' | 'bytes'>;

/** A host without a port: an address of any network, brackets allowed, but no name. */
export function parseHost(text: string): Host | undefined {
  // A port would make it no host; only the brackets of IPv6 may stand.
  if (splitHostPort(text)?.port !== undefined) return undefined;
  return parseAddress(text, 0);
}

/**
 * Addresses that share their first bits, or one address of a network that has no bits to share
 * (Core `CSubNet`, netaddress.h).
 */
export class Subnet {
  readonly #host: Host;
  readonly #mask: Uint8Array;

  private constructor(host: Host, mask: Uint8Array) {
    this.#host = { network: host.network, bytes: host.bytes.map((byte, i) => byte & mask[i]!) };
    this.#mask = mask;
  }

  /** The subnet of a single address. */
  static of(host: Host): Subnet {
    return new Subnet(host, new Uint8Array(host.bytes.length).fill(0xff));
  }

  /**
   * A subnet from text: `1.2.3.4`, `1.2.3.0/24`, `1.2.3.0/255.255.255.0`, `2001:db8::/32` (Core
   * `LookupSubNet`, netbase.cpp). Undefined if it is none: names are not looked up.
   */
  static parse(text: string): Subnet | undefined {
    const slash = text.lastIndexOf('/');
    const host = parseHost(slash < 0 ? text : text.slice(0, slash));
    if (host === undefined) return undefined;
    if (slash < 0) return Subnet.of(host);
    if (host.network !== 'ipv4' && host.network !== 'ipv6') return undefined;
    const mask = parseMask(text.slice(slash + 1), host);
    return mask === undefined ? undefined : new Subnet(host, mask);
  }

  /** Whether it is a single address. */
  get isSingle(): boolean {
    return this.#mask.every((byte) => byte === 0xff);
  }

  /** Whether an address belongs to it. One that is nobody's belongs to none. */
  contains(address: Host): boolean {
    const { network, bytes } = this.#host;
    if (address.network !== network || !isValidAddress(address)) return false;
    return bytes.every((byte, i) => (address.bytes[i]! & this.#mask[i]!) === byte);
  }

  /** As Core writes it: `1.2.3.0/24`; onion, I2P and CJDNS addresses have no `/`. */
  toString(): string {
    const host = formatHost({ ...this.#host, port: 0 });
    if (this.#host.network !== 'ipv4' && this.#host.network !== 'ipv6') return host;
    return `${host}/${prefixLength(this.#mask)!}`;
  }
}

/** Bits that are set at the start of a mask; undefined if others are set after them. */
function prefixLength(mask: Uint8Array): number | undefined {
  let bits = 0;
  let ended = false;
  for (const byte of mask) {
    for (let bit = 7; bit >= 0; bit--) {
      const isSet = ((byte >> bit) & 1) === 1;
      if (isSet && ended) return undefined;
      if (isSet) bits++;
      else ended = true;
    }
  }
  return bits;
}

function parseMask(text: string, host: Host): Uint8Array | undefined {
  const size = host.bytes.length;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) {
    const bits = Number(text);
    if (bits > size * 8) return undefined;
    return Uint8Array.from({ length: size }, (_, i) => 0xff00 >> Math.min(8, Math.max(0, bits - 8 * i)));
  }
  const mask = parseHost(text);
  if (mask === undefined || mask.network !== host.network) return undefined;
  return prefixLength(mask.bytes) === undefined ? undefined : mask.bytes;
}
