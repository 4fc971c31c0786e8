import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { CLIENT_VERSION } from '../src/client.ts';
import { configure, type Configuration } from '../src/configuration.ts';
import { listenAddresses } from '../src/listen-addresses.ts';
import { NodeError } from '../src/node-error.ts';
import type { NodeOptions } from '../src/node-options.ts';
import { temporaryDirectory } from './support/support.ts';

const nowhere = { home: '/nowhere', workingDirectory: '/' };

function run(args: readonly string[], environment = nowhere): Configuration {
  const request = configure(args, environment);
  if (request.type !== 'run') throw new Error(request.text);
  return request.configuration;
}

const optionsOf = (...args: string[]): NodeOptions => run(args).options;

/** What a user sees of a refused start, without `Error: `. */
function refusal(args: readonly string[], environment = nowhere): string {
  try {
    configure(args, environment);
  } catch (error) {
    if (error instanceof NodeError) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

/** A data directory with these files. */
function dataDirectory(files: Record<string, string>): string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

describe('options', () => {
  test('defaults', () => {
    expect(optionsOf()).toMatchObject({
      network: { chain: 'main' },
      listen: true,
      bind: [],
      port: 8333,
      connect: undefined,
      addnode: [],
      maxConnections: 125,
      connectTimeout: 5_000,
      peerTimeout: 60_000,
      userAgent: `/btcp2p:${CLIENT_VERSION}/`,
      v2Transport: true,
      minimumChainWork: undefined,
      maxTipAge: 86_400,
      mockTime: 0,
      stopAtHeight: 0,
      blocksXor: true,
      display: true,
      log: {
        file: 'debug.log',
        console: false,
        timestamps: true,
        timeMicros: false,
        level: 'debug',
        shrink: true,
      },
    });
  });

  test.each([
    [[], 'main', 8333],
    [['-regtest'], 'regtest', 18444],
    [['-testnet'], 'test', 18333],
    [['-testnet4'], 'testnet4', 48333],
    [['-signet'], 'signet', 38333],
    [['-chain=test'], 'test', 18333],
    [['--chain=regtest', '-port=5'], 'regtest', 5],
    [['-regtest=0'], 'main', 8333],
    [['-noregtest'], 'main', 8333],
  ] as const)('%j selects %s', (args, chain, port) => {
    const { network, port: chosen } = optionsOf(...args);
    expect([network.chain, chosen]).toEqual([chain, port]);
  });

  test('-bind: with and without port, IPv6, =onion', () => {
    const args = [
      '-regtest',
      '-bind=127.0.0.1',
      '-bind=1.2.3.4:5',
      '-bind=[::1]:7',
      '-bind=::2',
      '-bind=127.0.0.1=onion',
    ];
    expect(optionsOf(...args).bind).toEqual([
      { host: '127.0.0.1', port: 18444, onion: false },
      { host: '1.2.3.4', port: 5, onion: false },
      { host: '::1', port: 7, onion: false },
      { host: '::2', port: 18444, onion: false },
      { host: '127.0.0.1', port: 18445, onion: true },
    ]);
    expect(optionsOf('-port=9', '-bind=127.0.0.1').bind[0]?.port).toBe(9);
  });

  test.each([
    [[], true, undefined],
    [['-connect=a'], false, ['a']],
    [['-connect=a', '-connect=b:1'], false, ['a', 'b:1']],
    [['-connect=0'], false, []],
    [['-noconnect'], false, []],
    [['-connect=0', '-bind=127.0.0.1'], true, []],
    [['-connect=a', '-listen'], true, ['a']],
    [['-listen=0'], false, undefined],
    [['-nolisten'], false, undefined],
    [['-maxconnections=0'], false, undefined],
  ] as const)('%j: listening %p, connecting only to %j', (args, listen, connect) => {
    expect(optionsOf(...args)).toMatchObject({ listen, connect });
  });

  test('what one option implies for another is noted', () => {
    const texts = run(['-connect=0', '-bind=127.0.0.1']).notices.map(({ text }) => text);
    expect(texts).toContain('parameter interaction: -bind set -> setting -listen=1');
    expect(texts).not.toContain(
      'parameter interaction: -connect or -maxconnections=0 set -> setting -listen=0',
    );
  });

  test('numbers in the units of the code', () => {
    expect(
      optionsOf(
        '-timeout=0',
        '-peertimeout=3',
        '-maxtipage=9223372036854775807',
        '-mocktime=1296688602',
        '-stopatheight=200',
        '-minimumchainwork=0x1F',
        '-addnode=a',
        '-addnode=[::1]:5',
        '-noblocksxor',
      ),
    ).toMatchObject({
      connectTimeout: 5_000,
      peerTimeout: 3_000,
      maxTipAge: 2 ** 63,
      mockTime: 1296688602,
      stopAtHeight: 200,
      minimumChainWork: 31n,
      addnode: ['a', '[::1]:5'],
      blocksXor: false,
    });
  });

  test('user agent comments', () => {
    expect(optionsOf('-uacomment=a b', '-uacomment=c').userAgent).toBe(
      `/btcp2p:${CLIENT_VERSION}(a b; c)/`,
    );
    const fits = 256 - `/btcp2p:${CLIENT_VERSION}()/`.length;
    expect(optionsOf(`-uacomment=${'x'.repeat(fits)}`).userAgent.length).toBe(256);
    expect(refusal([`-uacomment=${'x'.repeat(fits + 1)}`])).toBe(
      'Total length of network version string (257) exceeds maximum length (256). ' +
        'Reduce the number or size of uacomments.',
    );
  });

  test('that nobody is found to connect to is noted', () => {
    const noted = (...args: string[]): boolean =>
      run(args).notices.some(({ text }) => text.startsWith('this version does not find peers'));
    expect([noted(), noted('-connect=1.2.3.4'), noted('-noconnect'), noted('-addnode=1.2.3.4')]).toEqual([
      true, false, false, false,
    ]);
  });

  test('commands, the process id, and where blocks are', () => {
    expect(optionsOf()).toMatchObject({
      notify: { startup: '', block: '', alert: '', shutdown: [] },
      pidFile: 'bitcoind.pid', blocksDirectory: undefined, captureMessages: false, networkActive: true,
    });
    const options = optionsOf(
      '-startupnotify=a', '-blocknotify=b %s', '-alertnotify=c', '-shutdownnotify=d', '-shutdownnotify=e',
      '-pid=x', '-blocksdir=/y', '-capturemessages', '-networkactive=0',
    );
    expect(options).toMatchObject({
      notify: { startup: 'a', block: 'b %s', alert: 'c', shutdown: ['d', 'e'] },
      pidFile: 'x', blocksDirectory: '/y', captureMessages: true, networkActive: false,
    });
    expect(optionsOf('-nopid').pidFile).toBeUndefined();
  });

  test('where to listen', () => {
    const hosts = (...args: string[]): string[] =>
      listenAddresses(optionsOf(...args))
        .map(({ host, port, onion }) => `${host} ${port}${onion ? ' onion' : ''}`);
    expect(hosts('-port=7')).toEqual(['127.0.0.1 8 onion', ':: 7', '0.0.0.0 7']);
    expect(hosts('-bind=1.2.3.4:5')).toEqual(['1.2.3.4 5']);
    expect(hosts('-bind=127.0.0.1=onion', '-bind=1.2.3.4:5', '-port=7')).toEqual([
      '1.2.3.4 5', '127.0.0.1 8 onion',
    ]);
    expect(hosts('-whitebind=1.2.3.4:5', '-port=7')).toEqual(['1.2.3.4 5', '127.0.0.1 8 onion']);
    expect(hosts('-nolisten')).toEqual([]);
  });

  test('what has no effect yet is taken and noted', () => {
    expect(optionsOf('-v2transport=1').v2Transport).toBe(true);
    expect(optionsOf('-v2transport=0').v2Transport).toBe(false);
    const notices = run(['-connect=0', '-logratelimit', '-logsourcelocations']).notices;
    expect(
      notices.filter(({ level }) => level === 'warning').map(({ text }) => text.split(':')[0]),
    ).toEqual(['-logratelimit=1 has no effect']);
  });

  test('blocks, coins and indexes', () => {
    expect(optionsOf().chain).toEqual({
      consensus: {},
      assumeValid: undefined,
      dbCache: 450 * 1_048_576,
      dbBatchSize: 4 * 1_048_576,
      scriptThreads: Math.min(15, availableParallelism() - 1),
      prune: undefined,
      fastPrune: false,
      txIndex: false,
      blockFilterIndex: false,
      peerBlockFilters: false,
      reindex: false,
      reindexChainstate: false,
      loadBlock: [],
      check: { blocks: 6, level: 3, isRequired: false },
      checkBlockIndex: 0,
    });
    expect(
      optionsOf(
        '-regtest', '-par=3', '-dbcache=1', '-dbbatchsize=9', '-fastprune', '-txindex',
        '-blockfilterindex', '-reindex', '-loadblock=a', '-loadblock=b', '-checklevel=4',
        '-checkblockindex', '-assumevalid=0x1f',
      ).chain,
    ).toMatchObject({
      scriptThreads: 2,
      dbCache: 4 * 1_048_576,
      dbBatchSize: 9,
      fastPrune: true,
      txIndex: true,
      blockFilterIndex: true,
      reindex: true,
      loadBlock: ['a', 'b'],
      check: { blocks: 6, level: 4, isRequired: true },
      checkBlockIndex: 1,
      assumeValid: Uint8Array.of(0x1f, ...new Uint8Array(31)),
    });
    expect(optionsOf('-par=1').chain.scriptThreads).toBe(0);
    expect(optionsOf('-par=99').chain.scriptThreads).toBe(15);
    expect(optionsOf('-par=-99').chain.scriptThreads).toBe(0);
    expect(optionsOf('-assumevalid=0').chain.assumeValid).toEqual(new Uint8Array(32));
    expect(optionsOf('-blockfilterindex=basic').chain.blockFilterIndex).toBe(true);
    expect(optionsOf('-blockfilterindex=0').chain.blockFilterIndex).toBe(false);
    expect(optionsOf('-blockfilterindex', '-peerblockfilters').chain.peerBlockFilters).toBe(true);
    expect(optionsOf('-prune=1').chain.prune).toBe('manual');
    expect(optionsOf('-prune=550').chain.prune).toBe(550 * 1_048_576);
  });

  test('rules of test chains', () => {
    expect(
      optionsOf(
        '-regtest', '-testactivationheight=segwit@5', '-testactivationheight=cltv@111',
        '-vbparams=testdummy:0:999:7', '-test=bip94',
      ).chain.consensus,
    ).toEqual({
      activationHeights: { segwit: 5, bip65: 111 },
      versionBits: { testdummy: { startTime: 0n, timeout: 999n, minActivationHeight: 7 } },
      enforceBIP94: true,
    });
    const signet = optionsOf('-signet', '-signetchallenge=51');
    expect(signet.chain.consensus).toEqual({ signetChallenge: Uint8Array.of(0x51) });
    expect(Buffer.from(signet.network.magic).toString('hex')).toBe('54d26fbd');
    expect(signet.network.dnsSeeds).toEqual([]);
    const notices = run(['-signet']).notices.map(({ text }) => text);
    expect(notices).toContain('Signet derived magic (message start): 0a03cf40');
    // On other chains they are not looked at.
    expect(optionsOf('-testactivationheight=x', '-signetchallenge=x').chain.consensus).toEqual({});
  });

  test('transactions and blocks that are made here', () => {
    expect(optionsOf().mempool).toEqual({
      blocksOnly: false,
      maxSize: 300_000_000,
      persist: true,
      minRelayFeeRate: 100n,
      acceptNonStandard: false,
      checkInterval: 0,
    });
    expect(optionsOf('-regtest', '-acceptnonstdtxn', '-minrelaytxfee=0.00001', '-maxmempool=5').mempool)
      .toMatchObject({ minRelayFeeRate: 1_000n, acceptNonStandard: true, maxSize: 5_000_000 });
    expect(refusal(['-maxmempool=4'])).toBe('-maxmempool must be at least 5 MB');
    expect(optionsOf('-blocksonly')).toMatchObject({
      mempool: { blocksOnly: true, maxSize: 5_000_000 },
      permissions: { relay: false },
    });
    expect(optionsOf('-blocksonly', '-whitelistforcerelay').permissions).toMatchObject({
      relay: false,
      forceRelay: true,
    });
    expect(optionsOf().mining).toEqual({
      blockMaxWeight: 4_000_000,
      blockReservedWeight: 8_000,
      blockMinTxFee: 1n,
    });
    expect(
      optionsOf('-regtest', '-blockversion=-1', '-blockmintxfee= .5 ', '-blockmaxweight=5000').mining,
    ).toMatchObject({ blockVersion: -1, blockMinTxFee: 50_000_000n, blockMaxWeight: 5_000 });
    expect(optionsOf('-blockversion=5').mining.blockVersion).toBeUndefined();
  });

  test('permissions of peers', () => {
    const { permissions, bind, listen } = optionsOf(
      '-connect=0', '-whitelist=noban,in,out@127.0.0.1', '-whitebind=relay@127.0.0.1:5', '-bind=127.0.0.1',
    );
    expect(permissions.whitelists).toMatchObject([{ permissions: new Set(['noban', 'download']) }]);
    expect([listen, bind.map(({ port }) => port)]).toEqual([true, [8333, 5]]);
    expect(refusal(['-whitebind=127.0.0.1:5', '-bind=127.0.0.1:5'])).toContain('Duplicate binding');
  });

  test('the JSON-RPC server', () => {
    expect(optionsOf().rpc).toEqual({
      server: true,
      endpoints: [{ host: '::1', port: 8332 }, { host: '127.0.0.1', port: 8332 }],
      warnings: [],
      allow: [],
      login: undefined,
      auth: [],
      cookie: { file: '.cookie', permissions: undefined },
      whitelist: [],
      whitelistDefault: false,
      threads: 16,
      workQueue: 64,
      serverTimeout: 30_000,
      docCheck: false,
    });
    const { rpc } = optionsOf(
      '-regtest', '-server=0', '-rpcport=5', '-rpcallowip=10.0.0.0/8', '-rpcbind=0.0.0.0', '-rpcbind=[::1]:7',
      '-rpcuser=u', '-rpcpassword=p', '-rpccookiefile=x', '-rpcwhitelist=u:stop', '-rpcthreads=0',
      '-rpcworkqueue=-3', '-rpcservertimeout=99000', '-rpcdoccheck',
    );
    expect(rpc).toMatchObject({
      server: false,
      endpoints: [{ host: '0.0.0.0', port: 5 }, { host: '::1', port: 7 }],
      login: { user: 'u', password: 'p' },
      cookie: { file: 'x' },
      whitelist: ['u:stop'],
      whitelistDefault: true,
      threads: 1,
      workQueue: 1,
      serverTimeout: 99_000_000,
      docCheck: true,
    });
    expect(rpc.allow.map(String)).toEqual(['10.0.0.0/8']);
    expect(optionsOf('-regtest', '-norpccookiefile').rpc.cookie.file).toBeUndefined();
    for (const option of ['-rpcbind=0.0.0.0', '-rpcallowip=1.2.3.4']) {
      const { endpoints, warnings } = optionsOf('-regtest', option).rpc;
      expect([endpoints.map(({ host }) => host), warnings.length]).toEqual([['::1', '127.0.0.1'], 1]);
    }
    const invalid = 'Invalid -rpcallowip subnet specification: 1.2.3.4/x.';
    expect(refusal(['-rpcallowip=1.2.3.4/x'])).toContain(invalid);
  });

  test('logging', () => {
    const { log } = optionsOf(
      '-debug=net',
      '-debug=validation',
      '-debugexclude=net',
      '-loglevel=info',
      '-loglevel=net:trace',
      '-logtimemicros',
      '-logthreadnames',
      '-nologtimestamps',
      '-loglevelalways',
      '-debuglogfile=x.log',
    );
    expect(log).toMatchObject({
      categories: new Set(['validation']),
      level: 'info',
      categoryLevels: new Map([['net', 'trace']]),
      timeMicros: true,
      threadNames: true,
      timestamps: false,
      levelAlways: true,
      file: 'x.log',
      shrink: false,
    });
    expect(optionsOf('-debug').log.categories.size).toBe(29);
    expect(optionsOf('-debug=1', '-debug=0', '-debug=rpc').log.categories).toEqual(new Set(['rpc']));
    expect(optionsOf('-debug=net', '-nodebug').log.categories.size).toBe(0);
    expect(optionsOf('-nodebuglogfile').log.file).toBeUndefined();
    expect(optionsOf('-debug', '-shrinkdebugfile').log.shrink).toBe(true);
  });

  test.each([
    [[], true, false],
    [['-printtoconsole'], true, true],
    [['-printtoconsole=0'], false, false],
  ] as const)('%j: display %p, log on the console %p', (args, display, console) => {
    const options = optionsOf(...args);
    expect([options.display, options.log.console]).toEqual([display, console]);
  });
});

describe('help and version', () => {
  const textOf = (...args: string[]): string => {
    const request = configure(args, nowhere);
    return request.type === 'print' ? request.text : 'no text';
  };

  test.each(['-?', '-h', '-help', '--help'])('%s prints the help', (argument) => {
    const text = textOf(argument);
    expect(text).toContain(
      'Usage: btcp2p-node [options]\n\nOptions:\n\n  -alertnotify=<cmd>\n       Run this command',
    );
    for (const heading of [
      'Connection options:',
      'Debugging/Testing options:',
      'Chain selection options:',
    ]) {
      expect(text).toContain(`\n${heading}\n\n  -`);
    }
    expect(text).not.toContain('-regtest\n');
    expect(text).not.toContain('  -h\n');
  });

  test('79 columns at most, and no blanks at the ends of lines', () => {
    for (const line of textOf('-help-debug').split('\n')) {
      expect(line.length <= 79 ? line.trimEnd() : `too long: ${line}`).toBe(line);
    }
    expect(textOf('-help-debug')).toContain('  -regtest\n');
  });

  test('they come before anything else is looked at', () => {
    expect(textOf('-help', '-datadir=/no/such')).toContain('Usage');
    expect(textOf('-version')).toContain(`version ${CLIENT_VERSION}\n`);
  });
});

describe('the configuration file', () => {
  test('in the data directory, unless -conf or -noconf says otherwise', () => {
    const directory = dataDirectory({
      'bitcoin.conf': 'maxconnections=7\n',
      'other.conf': 'maxconnections=8\n',
    });
    const at = `-datadir=${directory}`;
    expect(run([at]).options.maxConnections).toBe(7);
    expect(run([at, '-conf=other.conf', '-allowignoredconf']).options.maxConnections).toBe(8);
    expect(run([at, `-conf=${directory}/other.conf`, '-allowignoredconf']).options.maxConnections).toBe(
      8,
    );
    expect(run([at, '-noconf']).options.maxConnections).toBe(125);
    expect(run([at]).dataDirectory).toBe(directory);
  });

  test('a relative data directory starts at the working directory', () => {
    const parent = temporaryDirectory();
    mkdirSync(join(parent, 'd'));
    const configuration = run(['-datadir=d/'], { home: '/nowhere', workingDirectory: parent });
    expect(configuration.dataDirectory).toBe(join(parent, 'd'));
    expect(configuration.notices.some(({ level }) => level === 'warning')).toBe(true);
  });

  test('the default is ~/.btcp2p', () => {
    expect(run([]).dataDirectory).toBe('/nowhere/.btcp2p');
  });

  test('as the functional test framework of Bitcoin Core writes it', () => {
    const directory = dataDirectory({
      'bitcoin.conf':
        'regtest=1\n[regtest]\nport=11000\nrpcport=16000\nrpcservertimeout=99000\nrpcdoccheck=1\n' +
        'rpcthreads=2\nfallbackfee=0.0002\nserver=1\nkeypool=1\ndiscover=0\n' +
        'dnsseed=0\nfixedseeds=0\nlistenonion=0\npeertimeout=999999999\nprinttoconsole=0\nnatpmp=0\n' +
        'shrinkdebugfile=0\nunsafesqlitesync=1\nconnect=0\nmaxconnections=94\npar=2\nbind=127.0.0.1\n',
    });
    const { options, warnings, notices } = run([
      `-datadir=${directory}`,
      '-logtimemicros',
      '-debug',
      '-debugexclude=libevent',
      '-debugexclude=leveldb',
      '-debugexclude=rand',
      '-uacomment=testnode0',
      '-disablewallet',
      '-logthreadnames',
      '-logsourcelocations',
      '-loglevel=trace',
      '-nologratelimit',
      '-v2transport=0',
      '-bind=0.0.0.0:11000',
      '-bind=127.0.0.1:21000=onion',
    ]);
    expect(warnings).toEqual([]);
    expect(notices.filter(({ text }) => text.startsWith('Ignoring'))).toEqual([]);
    expect(options).toMatchObject({
      network: { chain: 'regtest' },
      port: 11000,
      rpc: {
        server: true,
        endpoints: [{ host: '::1', port: 16000 }, { host: '127.0.0.1', port: 16000 }],
        threads: 2,
        serverTimeout: 99_000_000,
        docCheck: true,
      },
      chain: { scriptThreads: 1 },
      connect: [],
      listen: true,
      maxConnections: 94,
      display: false,
      bind: [
        { host: '0.0.0.0', port: 11000, onion: false },
        { host: '127.0.0.1', port: 21000, onion: true },
        { host: '127.0.0.1', port: 11000, onion: false },
      ],
      peerTimeout: 999_999_999_000,
      log: { shrink: false, level: 'trace', console: false },
    });
    expect(options.userAgent).toMatch(/\(testnode0\)\/$/);
  });

  test('files that it includes, and those that only they would include', () => {
    const directory = dataDirectory({
      'bitcoin.conf':
        'regtest=1\nincludeconf=a.conf\nregtest.includeconf=b.conf\ntest.includeconf=no.conf\n',
      'a.conf': 'maxconnections=5\nincludeconf=c.conf\n',
      'b.conf': 'uacomment=b\n',
    });
    const { options, warnings } = run([`-datadir=${directory}`]);
    expect([options.maxConnections, options.userAgent]).toEqual([5, `/btcp2p:${CLIENT_VERSION}(b)/`]);
    expect(warnings).toEqual([
      'warning: -includeconf cannot be used from included files; ignoring -includeconf=c.conf',
    ]);
    expect(run([`-datadir=${directory}`, '-noincludeconf']).options.maxConnections).toBe(125);
  });

  test('options of another chain outside sections', () => {
    const directory = dataDirectory({
      'bitcoin.conf': 'port=1\nbind=127.0.0.1\nconnect=a\naddnode=b\nmaxconnections=3\n',
    });
    expect(refusal([`-datadir=${directory}`, '-regtest'])).toBe(
      ['addnode', 'bind', 'connect', 'port']
        .map(
          (name) =>
            `Config setting for -${name} only applied on regtest network when in [regtest] section.`,
        )
        .join('\n'),
    );
    expect(run([`-datadir=${directory}`]).options).toMatchObject({ port: 1, maxConnections: 3 });
  });

  test('sections that are none', () => {
    const directory = dataDirectory({ 'bitcoin.conf': 'testnot.datadir=1\n[testnet]\n[main]\n' });
    expect(run([`-datadir=${directory}`]).warnings).toEqual([
      `Warning: ${directory}/bitcoin.conf:1 Section [testnot] is not recognized.\n` +
        `${directory}/bitcoin.conf:2 Section [testnet] is not recognized.`,
    ]);
  });

  test('it may move the data', () => {
    const elsewhere = temporaryDirectory();
    const directory = dataDirectory({ 'bitcoin.conf': `datadir=${elsewhere}\n` });
    const home = temporaryDirectory();
    mkdirSync(join(home, '.btcp2p'));
    writeFileSync(join(home, '.btcp2p', 'bitcoin.conf'), `datadir=${elsewhere}\n`);
    expect(run([], { home, workingDirectory: '/' }).dataDirectory).toBe(elsewhere);
    expect(run([`-datadir=${directory}`]).dataDirectory).toBe(directory);
    const missing = dataDirectory({ 'bitcoin.conf': 'datadir=/no/such/directory\n' });
    expect(refusal([`-conf=${missing}/bitcoin.conf`])).toBe(
      'Error reading configuration file: specified data directory "/no/such/directory" does not exist.',
    );
    writeFileSync(join(elsewhere, 'bitcoin.conf'), '');
    expect(refusal([], { home, workingDirectory: '/' })).toContain(
      'which is ignored, because a different',
    );
  });
});

/** Starts that are refused, by the arguments and the text of bitcoin.conf. `DIR` stands for its directory. */
const REFUSED: readonly (readonly [args: readonly string[], conf: string])[] = [
  [['-foo'], ''],
  [['-nofoo=1'], ''],
  [['-regtest.port=1'], ''],
  [['-includeconf=x'], ''],
  [['-nodatadir'], ''],
  [['-loglevel'], ''],
  [['-datadir=/no/such/directory'], ''],
  [['-conf=none.conf'], ''],
  [['-conf=/'], ''],
  [[], 'garbage\n'],
  [[], 'nolisten\n'],
  [[], '-listen=1\n'],
  [[], 'conf=x\n'],
  [[], 'includeconf=none.conf\n'],
  [[], 'includeconf=/\n'],
  [['-regtest', '-signet'], ''],
  [['-regtest', '-chain=main'], ''],
  [['-testnet4'], 'regtest=1\n'],
  [['-chain=moon'], ''],
  [['-regtest'], 'port=1\nlisten=1\n'],
  [['-testnet'], 'connect=a\nbind=1.1.1.1\n'],
  [['-bind=127.0.0.1', '-listen=0'], ''],
  [['-maxconnections=-1'], ''],
  [['-debug=abc'], ''],
  [['-debugexclude=abc'], ''],
  [['-peertimeout=0'], ''],
  [['-peertimeout=x'], ''],
  [['-minimumchainwork=test'], ''],
  [['-minimumchainwork=0x'.padEnd(90, '1')], ''],
  [['-port=0'], ''],
  [['-port=65536'], ''],
  [['-port=x'], ''],
  [['-bind=127.0.0.1:0'], ''],
  [['-bind=127.0.0.1:x'], ''],
  [['-bind=localhost.invalid'], ''],
  [['-bind=127.0.0.1=tor'], ''],
  [['-bind=1.1.1.1:5', '-bind=1.1.1.1:5'], ''],
  [['-bind=1.1.1.1:5', '-bind=1.1.1.1:5=onion'], ''],
  [['-uacomment=a/b'], ''],
  [['-uacomment=a:b'], ''],
  [['-uacomment=a(b'], ''],
  [['-uacomment=₿'], ''],
  [['-noconf', 'token'], ''],
  [['-rpcport=0'], ''],
  [['-rpcport=x'], ''],
  [['-regtest'], 'rpcport=1\nrpcbind=127.0.0.1\n'],
  [['-rpcbind=127.0.0.1:0'], ''],
  [['-rpcbind=[::1]:x'], ''],
  [['-whitebind=127.0.0.1:x'], ''],
  [['-blockfilterindex=abc'], ''],
  [['-peerblockfilters'], ''],
  [['-peerblockfilters', '-blockfilterindex=0'], ''],
  [['-blockfilterindex=basic', '-blockfilterindex=abc'], ''],
  [['-prune=-1'], ''],
  [['-prune=549'], ''],
  [['-prune=1', '-txindex'], ''],
  [['-prune=550', '-reindex-chainstate'], ''],
  [['-assumevalid=x'], ''],
  [['-assumevalid='.padEnd(80, '1')], ''],
  [['-blockmintxfee=x'], ''],
  [['-blockmintxfee='], ''],
  [['-blockmintxfee=-1'], ''],
  [['-blockmintxfee=0.000000001'], ''],
  [['-blockmintxfee=21000001'], ''],
  [['-blockmaxweight=4000001'], ''],
  [['-blockreservedweight=4000001'], ''],
  [['-blockreservedweight=1999'], ''],
  [['-minrelaytxfee=1.2.3'], ''],
  [['-acceptnonstdtxn'], ''],
  [['-test=bip94'], ''],
  [['-regtest', '-testactivationheight=segwit'], ''],
  [['-regtest', '-testactivationheight=name@2'], ''],
  [['-regtest', '-testactivationheight=bip34@-2'], ''],
  [['-regtest', '-vbparams=testdummy:1'], ''],
  [['-regtest', '-vbparams=testdummy:x:1'], ''],
  [['-regtest', '-vbparams=nothing:0:1'], ''],
  [['-signet', '-signetchallenge=abc'], ''],
  [['-signet', '-signetchallenge=51', '-signetchallenge=52'], ''],
  [['-nosignetchallenge'], ''],
];

describe('a refused start is one clear text', () => {
  test.each(REFUSED)('%j with %j', (args, conf) => {
    const directory = dataDirectory({ 'bitcoin.conf': conf });
    const at = args.some((argument) => argument.includes('datadir')) ? [] : [`-datadir=${directory}`];
    expect(refusal([...at, ...args])).toMatch(/^[A-Z-].{10,}[^\n]$|^(peertimeout|acceptnonstdtxn) /s);
  });
});

describeWithBitcoind('the same words as bitcoind', (bitcoind) => {
  const tried = REFUSED.filter(([args]) => !args.includes('-loglevel'));

  test.each(tried)('%j with %j', (args, conf) => {
    const directory = dataDirectory({ 'bitcoin.conf': conf });
    // Were one of them not refused, it would at least neither listen nor connect.
    const quiet = [
      '-networkactive=0',
      '-server=0',
      '-printtoconsole=0',
      '-discover=0',
      '-listenonion=0',
      '-dnsseed=0',
    ];
    const at = args.some((argument) => argument.startsWith('-datadir='))
      ? []
      : [`-datadir=${directory}`];
    const { stderr, status } = spawnSync(bitcoind, [...quiet, ...at, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(status).toBe(1);
    const ours = `Error: ${refusal([...at, ...args])}`;
    expect(ours.replace('see btcp2p-node -h', 'see bitcoind -h').trim()).toBe(
      stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('Warning:'))
        .join('\n'),
    );
  });
});
