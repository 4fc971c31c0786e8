import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type AddressNetwork,
  decode,
  encode,
  formatAddress,
  formatHost,
  isAddrV1Compatible,
  NetAddress,
  NetAddressV1,
  networkId,
  parseAddress,
  splitHostPort,
  toHex,
} from '../src/index.ts';
import { hex } from './support/bytes.ts';

const TOR = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion';
const I2P = 'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p';

/** An address parsed and printed again. */
const canonical = (text: string): string | undefined => {
  const address = parseAddress(text, 65535);
  return address && formatAddress(address);
};

describe('splitHostPort: Core test/netbase_tests.cpp, netbase_splithost', () => {
  test.each([
    ['www.bitcoincore.org', 'www.bitcoincore.org', undefined],
    ['[www.bitcoincore.org]', 'www.bitcoincore.org', undefined],
    ['www.bitcoincore.org:80', 'www.bitcoincore.org', 80],
    ['[www.bitcoincore.org]:80', 'www.bitcoincore.org', 80],
    ['127.0.0.1', '127.0.0.1', undefined],
    ['127.0.0.1:8333', '127.0.0.1', 8333],
    ['[127.0.0.1]', '127.0.0.1', undefined],
    ['[127.0.0.1]:8333', '127.0.0.1', 8333],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1', undefined],
    ['[::ffff:127.0.0.1]:8333', '::ffff:127.0.0.1', 8333],
    ['[::]:8333', '::', 8333],
    ['::8333', '::8333', undefined],
    [':8333', '', 8333],
    ['[]:8333', '', 8333],
    ['', '', undefined],
    [':65535', '', 65535],
    // Core refuses port 0, which here is I2P's.
    ['[]:0', '', 0],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['www.bitcoincore.org:0', 'www.bitcoincore.org', 0],
  ])('%p', (text, host, port) => {
    expect(splitHostPort(text)).toEqual({ host, port });
  });

  test.each([
    ':65536',
    ':-1',
    '[]:70001',
    '[]:-1',
    '[]:-0',
    '[]:1/2',
    '[]:1E2',
    '127.0.0.1:65536',
    '127.0.0.1:',
    '127.0.0.1:1/2',
    '127.0.0.1:1E2',
    'www.bitcoincore.org:65536',
    'www.bitcoincore.org:',
    // And of our own.
    'a:b',
    'a:123456',
    'a: 1',
    'a:+1',
    'a:0x10',
    'a:١',
    '[a',
    'a]',
    '[[a]]',
    '[a]b',
    '[a]:',
    '[a]1',
    '[a]::1',
  ])('%p is none', (text) => {
    expect(splitHostPort(text)).toBeUndefined();
  });
});

describe('parseAddress and formatAddress', () => {
  test.each([
    // Core test/netbase_tests.cpp, netbase_lookupnumeric.
    ['127.0.0.1', '127.0.0.1:65535'],
    ['127.0.0.1:8333', '127.0.0.1:8333'],
    ['::ffff:127.0.0.1', '127.0.0.1:65535'],
    ['::', '[::]:65535'],
    ['[::]:8333', '[::]:8333'],
    ['[127.0.0.1]', '127.0.0.1:65535'],
    [':::', undefined],
    ['[fd6c:88c0:8724:1:2:3:4:5]', '[fd6c:88c0:8724:1:2:3:4:5]:65535'],
    // Core test/net_tests.cpp, cnetaddr_basic.
    ['0.0.0.0', '0.0.0.0:65535'],
    ['255.255.255.255', '255.255.255.255:65535'],
    ['1122:3344:5566:7788:9900:aabb:ccdd:eeff', '[1122:3344:5566:7788:9900:aabb:ccdd:eeff]:65535'],
    [`${TOR}:9050`, `${TOR}:9050`],
    [
      'UDHDrtrcetjm5sxzskjyr5ztpeszydbh4dpl3pl4utgqqw2v4jna.b32.I2P:0',
      'udhdrtrcetjm5sxzskjyr5ztpeszydbh4dpl3pl4utgqqw2v4jna.b32.i2p:0',
    ],
    ['6hzph5hv6337r6p2.onion', undefined], // Tor v2
    ['totally bogus', undefined],
  ])('%p is %p', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test.each([
    // Core test/net_tests.cpp, cnetaddr_tostring_canonical_ipv6 (RFC 5952).
    ['0000:0000:0000:0000:0000:0000:0000:0000', '::'],
    ['000:0000:000:00:0:00:000:0000', '::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:85a3:0000:0000:8a2e:0370:7334', '2001:db8:85a3::8a2e:370:7334'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:0db8::0001:0000', '2001:db8::1:0'],
    ['2001:0db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0000:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:0000:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:0:0::1', '2001:db8::1'],
    ['2001:db8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:aaaa::1', '2001:db8::aaaa:0:0:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd::1', '2001:db8:aaaa:bbbb:cccc:dddd:0:1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:AaAa', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
    // And of our own: at the ends, one group only, dotted decimal at the end.
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1::', '1::'],
    ['0:0:1::', '0:0:1::'],
    ['::ffff:0:1.2.3.4', '::ffff:0:102:304'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
  ])('IPv6 %p is %p', (text, expected) => {
    const address = parseAddress(text, 1);
    expect(address?.network).toBe('ipv6');
    expect(address && formatHost(address)).toBe(expected);
  });

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.-4',
    '1.2.3.1e1',
    '1.2.3.',
    '0x1.2.3.4',
    '١.2.3.4',
    '1.2.3.4\n',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1::2::3',
    ':1::2',
    '1::2:',
    ':::',
    '::::',
    '12345::',
    'g::',
    '::1%1',
    'fe80::1%eth0',
    '::1.2.3',
    '::1.2.3.256',
    '::1.2.3.4:5',
    '1.2.3.4::',
    '1:2.3.4.5::1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:6:7:8%',
    // Core test/net_tests.cpp: Tor v3 with a wrong checksum, with a wrong version, cut by a NUL.
    'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscsad.onion',
    'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscrye.onion',
    'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd\0wtf.onion',
    'mfrggzak.onion',
    'mf*g zak.onion',
    '.onion',
    'onion',
    `a.${TOR}`,
    TOR.replace('k', '\u212a'),
    // Core test/net_tests.cpp: I2P.
    'udhdrtrcetjm5sxzskjyr5ztpeszydbh4dpl3pl4utgqqw2v4jn=.b32.i2p',
    'udhdrtrcetjm5sxzskjyr5ztpeszydbh4dpl3pl4utgqqw2v4jna=.b32.i2p',
    'udhdrtrcetjm5sxzskjyr5ztpeszydbh4dpl3pl4utgqqw2v\0wtf.b32.i2p',
    'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscsad.b32.i2p',
    'tp*szydbh4dp.b32.i2p',
    '.b32.i2p',
    'example.i2p',
    'seed.bitcoin.sipa.be',
    'localhost',
    'esffpvrt3wpeaygy.internal',
  ])('%p is no address', (host) => {
    expect(parseAddress(host, 1)).toBeUndefined();
    expect(parseAddress(`[${host}]:1`)).toBeUndefined();
  });

  test('the port: its own, the default, or none at all', () => {
    expect(parseAddress('1.2.3.4:5', 6)?.port).toBe(5);
    expect(parseAddress('1.2.3.4', 6)?.port).toBe(6);
    expect(parseAddress('1.2.3.4')).toBeUndefined();
    expect(parseAddress('1.2.3.4:65536', 6)).toBeUndefined();
    expect(parseAddress('::1', 0)?.port).toBe(0);
    expect(parseAddress('1.2.3.4:', 6)).toBeUndefined();
  });

  test('CJDNS only where it is said, and only fc00::/8', () => {
    expect(parseAddress('[fc00::1]:1')?.network).toBe('ipv6');
    expect(parseAddress('[fc00::1]:1', undefined, { asCjdns: true })?.network).toBe('cjdns');
    expect(parseAddress('[fd00::1]:1', undefined, { asCjdns: true })?.network).toBe('ipv6');
    expect(parseAddress('252.0.0.1:1', undefined, { asCjdns: true })?.network).toBe('ipv4');
  });

  test('the bytes are those of BIP 155 (Core test/net_tests.cpp, cnetaddr_serialize_v2)', () => {
    const encoded = (text: string): string =>
      toHex(encode(NetAddress, parseAddress(text, 0, { asCjdns: true })!)).slice(0, -4);
    expect(encoded('::')).toBe('021000000000000000000000000000000000');
    expect(encoded('1.2.3.4')).toBe('010401020304');
    expect(encoded('1a1b:2a2b:3a3b:4a4b:5a5b:6a6b:7a7b:8a8b')).toBe(
      '02101a1b2a2b3a3b4a4b5a5b6a6b7a7b8a8b'
    );
    expect(encoded('kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion')).toBe(
      '042053cd5648488c4707914182655b7664034e09e66f7e8cbf1084e654eb56c5bd88'
    );
    expect(encoded(TOR)).toBe(
      '042079bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f'
    );
    expect(encoded(I2P)).toBe(
      '0520a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87'
    );
    expect(encoded('fc00:1:2:3:4:5:6:7')).toBe('0610fc000001000200030004000500060007');
  });
});

const sizes: Readonly<Record<AddressNetwork, number>> = {
  ipv4: 4,
  ipv6: 16,
  torv3: 32,
  i2p: 32,
  cjdns: 16,
};
const isMapped = (bytes: Uint8Array): boolean =>
  toHex(bytes).startsWith('00000000000000000000ffff');
const address = fc.constantFrom(...(Object.keys(sizes) as AddressNetwork[])).chain((network) =>
  fc.record({
    network: fc.constant(network),
    bytes: fc
      // Many zeros, so that `::` is met with in every place.
      .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
        minLength: sizes[network],
        maxLength: sizes[network],
      })
      .map((values) => Uint8Array.from(network === 'cjdns' ? [0xfc, ...values.slice(1)] : values))
      .filter((bytes) => network !== 'ipv6' || !isMapped(bytes)),
    port: fc.integer({ min: 0, max: 65535 }),
  })
);

describe('properties', () => {
  test('text, and bytes, there and back', () => {
    fc.assert(
      fc.property(address, (value) => {
        const asCjdns = value.network === 'cjdns';
        expect(parseAddress(formatAddress(value), undefined, { asCjdns })).toEqual(value);
        expect(parseAddress(formatHost(value), value.port, { asCjdns })).toEqual(value);
        expect(parseAddress(formatAddress(value).toUpperCase(), undefined, { asCjdns })).toEqual(
          value
        );
        expect(decode(NetAddress, encode(NetAddress, value))).toEqual(value);
        if (isAddrV1Compatible(value))
          expect(decode(NetAddressV1, encode(NetAddressV1, value))).toEqual(value);
        else expect(() => encode(NetAddressV1, value)).toThrow(RangeError);
      }),
      { numRuns: 1_000 }
    );
  });

  test('no text makes them throw', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(...'[]:.%0f', '::', '.onion', '.b32.i2p', TOR, '1.2.3.4')
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const parsed = parseAddress(pieces.join(''), 1);
        if (parsed !== undefined)
          expect(canonical(formatAddress(parsed))).toBe(formatAddress(parsed));
      }),
      { numRuns: 5_000 }
    );
  });

  test('IPv6 agrees with the URL parser of Node.js', () => {
    const group = fc.oneof(
      fc.constant('0'),
      fc.constantFrom('1', 'ff', '0db8', 'abcd', '', '1.2.3.4', '00000')
    );
    fc.assert(
      fc.property(fc.array(group, { minLength: 2, maxLength: 9 }), (groups) => {
        const text = groups.join(':');
        const url = URL.canParse(`http://[${text}]/`)
          ? new URL(`http://[${text}]/`).hostname
          : undefined;
        const parsed = parseAddress(`[${text}]:1`);
        expect(parsed !== undefined).toBe(url !== undefined);
        if (parsed?.network === 'ipv6') expect(`[${formatHost(parsed)}]`).toBe(url);
      }),
      { numRuns: 5_000 }
    );
  });
});

test('ids of BIP 155', () => {
  const ids = (Object.keys(sizes) as AddressNetwork[]).map((network) =>
    networkId({ network, bytes: new Uint8Array(sizes[network]), port: 0 })
  );
  expect(ids).toEqual([1, 2, 4, 5, 6]);
  expect(networkId({ network: 'unknown', networkId: 3, bytes: hex(''), port: 0 })).toBe(3);
});
