import { describe, expect, test } from '@jest/globals';
import { parseAddress } from '@btcp2p/wire';
import {
  isRoutable, networkClass, parseWhitebind, parseWhitelist, permissionsOf, Subnet,
  type PermissionRules, type PermissionSubject, type Whitebind, type Whitelist,
} from '../src/index.ts';

const host = (text: string) => parseAddress(text, 0)!;

describe('-whitelist', () => {
  test.each([
    ['1.2.3.4', [], true, [true, false]],
    ['@1.2.3.4', [], false, [true, false]],
    ['noban@1.2.3.4', ['noban', 'download'], false, [true, false]],
    ['forcerelay,,bloom@1.2.3.4', ['forcerelay', 'relay', 'bloomfilter'], false, [true, false]],
    ['all@1.2.3.4', ['bloomfilter', 'noban', 'forcerelay', 'relay', 'mempool', 'download', 'addr'],
      false, [true, false]],
    ['noban,out@1.2.3.4', ['noban', 'download'], false, [false, true]],
    ['addr,in,out@1.2.3.4', ['addr'], false, [true, true]],
  ] as const)('%s', (text, permissions, implicit, [inbound, outbound]) => {
    const parsed = parseWhitelist(text) as Whitelist;
    expect([...parsed.permissions]).toEqual(permissions);
    expect(parsed).toMatchObject({ implicit, inbound, outbound });
    expect(parsed.subnet.toString()).toBe('1.2.3.4/32');
  });

  // The errors of Core's functional test p2p_permissions.py.
  test.each([
    ['in,out@1.2.3.4', "Only direction was set, no permissions: 'in,out@1.2.3.4'"],
    ['out@1.2.3.4', "Only direction was set, no permissions: 'out@1.2.3.4'"],
    ['oopsie@127.0.0.1', "Invalid P2P permission: 'oopsie'"],
    ['noban@127.0.0.1:230', "Invalid netmask specified in -whitelist: '127.0.0.1:230'"],
    ['noban@localhost', "Invalid netmask specified in -whitelist: 'localhost'"],
    ['1.2.3.4/33', "Invalid netmask specified in -whitelist: '1.2.3.4/33'"],
    ['', "Invalid netmask specified in -whitelist: ''"],
  ])('%s is refused', (text, error) => {
    expect(parseWhitelist(text)).toEqual({ error });
  });
});

test.each([
  ['noban@127.0.0.1/10', "Cannot resolve -whitebind address: '127.0.0.1/10'"],
  ['noban@127.0.0.1', "Need to specify a port with -whitebind: '127.0.0.1'"],
  ['noban,out@127.0.0.1:1', 'whitebind may only be used for incoming connections ("out" was passed)'],
  ['oopsie@127.0.0.1:1', "Invalid P2P permission: 'oopsie'"],
])('-whitebind=%s is refused', (text, error) => {
  expect(parseWhitebind(text)).toEqual({ error });
});

describe('what a peer may do', () => {
  const rules = (changes: Partial<PermissionRules> = {}): PermissionRules => ({
    whitelists: [parseWhitelist('noban@1.2.3.0/24'), parseWhitelist('addr,out@9.9.9.9')] as Whitelist[],
    whitebinds: [parseWhitebind('mempool@127.0.0.1:5') as Whitebind],
    relay: true,
    forceRelay: false,
    ...changes,
  });
  const subject = (changes: Partial<PermissionSubject> = {}): PermissionSubject => ({
    kind: 'inbound', address: '1.2.3.4:7', localAddress: '127.0.0.1:5', isOnion: false, ...changes,
  });

  test.each([
    [{}, ['noban', 'mempool', 'download']],
    [{ localAddress: '127.0.0.1:6' }, ['noban', 'download']],
    [{ address: '1.2.4.4:7' }, ['mempool']],
    [{ isOnion: true }, ['mempool']],
    [{ kind: 'manual' }, []],
    [{ kind: 'manual', address: '9.9.9.9:1' }, ['addr']],
    [{ kind: 'other', address: '9.9.9.9:1' }, []],
    [{ address: '9.9.9.9:1', localAddress: '' }, []],
  ] as const)('%j', (changes, permissions) => {
    expect(permissionsOf(rules(), subject(changes))).toEqual(permissions);
  });

  test.each([
    [true, true, ['noban', 'forcerelay', 'relay', 'mempool', 'download']],
    [true, false, ['noban', 'relay', 'mempool', 'download']],
    [false, false, ['noban', 'mempool', 'download']],
  ] as const)('none are named: relay %p, forcerelay %p', (relay, forceRelay, permissions) => {
    const whitelists = [parseWhitelist('1.2.3.4') as Whitelist];
    const all = rules({ whitelists, whitebinds: [], relay, forceRelay });
    expect(permissionsOf(all, subject())).toEqual(permissions);
  });
});

describe('subnets', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4/32', ['1.2.3.4'], ['1.2.3.5']],
    ['1.2.3.4/24', '1.2.3.0/24', ['1.2.3.255'], ['1.2.4.0']],
    ['1.2.3.4/255.255.254.0', '1.2.2.0/23', ['1.2.3.0', '1.2.2.1'], ['1.2.4.0']],
    ['1.2.3.4/0', '0.0.0.0/0', ['9.9.9.9'], ['0.0.0.0', '[2600::1]']],
    ['2600:1::/31', '2600::/31', ['[2600:1::5]'], ['[2600:2::5]']],
    ['[2600::1]', '2600::1/128', ['[2600::1]'], ['[2600::2]']],
    ['::ffff:1.2.3.4/32', '1.2.3.4/32', ['1.2.3.4'], ['1.2.3.5']],
  ] as const)('%s', (text, written, inside, outside) => {
    const subnet = Subnet.parse(text)!;
    expect(subnet.toString()).toBe(written);
    expect(inside.map((each) => subnet.contains(host(each)))).not.toContain(false);
    expect(outside.map((each) => subnet.contains(host(each)))).not.toContain(true);
  });

  test('an onion address is one alone', () => {
    const onion = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion';
    const subnet = Subnet.parse(onion)!;
    expect(subnet.toString()).toBe(onion);
    expect(subnet.contains(host(onion))).toBe(true);
    expect(Subnet.parse(`${onion}/32`)).toBeUndefined();
  });

  test.each(['', 'x', '1.2.3', '1.2.3.4/', '1.2.3.4/33', '1.2.3.4/256', '1.2.3.4/255.0.255.0',
    '1.2.3.4/::1', '2600::/129', '1.2.3.4:5', '[2600::1]:5', 'localhost/8'])('%p is none', (text) => {
    expect(Subnet.parse(text)).toBeUndefined();
  });
});

test.each([
  ['1.2.3.4:5', 'ipv4'],
  ['[2600::1]:5', 'ipv6'],
  ['pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:5', 'onion'],
  ...['127.0.0.1:5', '0.1.2.3:5', '10.1.1.1:5', '192.168.3.4:5', '172.16.0.1:5', '172.31.255.1:5',
    '198.18.0.1:5', '198.19.0.1:5', '169.254.1.1:5', '100.64.0.1:5', '100.127.0.1:5', '192.0.2.1:5',
    '198.51.100.1:5', '203.0.113.1:5', '255.255.255.255:5', '[::1]:5', '[::]:5', '[fe80::1]:5',
    '[fc00::1]:5', '[fd00::1]:5', '[2001:db8::1]:5', '[2001:10::1]:5', '[2001:20::1]:5',
    'some.name:5', ''].map((text) => [text, 'not_publicly_routable'] as const),
  ...['172.15.0.1:5', '172.32.0.1:5', '100.63.0.1:5', '100.128.0.1:5', '192.0.3.1:5',
  ].map((text) => [text, 'ipv4'] as const),
  ...['[2001:30::1]:5', '[2001::1]:5', '[fe80:1::1]:5'].map((text) => [text, 'ipv6'] as const),
])('%s: %s', (address, network) => {
  expect(networkClass(address)).toBe(network);
  expect(networkClass(address, true)).toBe('onion');
  const parsed = parseAddress(address);
  if (parsed !== undefined) expect(isRoutable(parsed)).toBe(network !== 'not_publicly_routable');
});
