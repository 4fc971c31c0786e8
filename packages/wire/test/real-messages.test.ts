// Messages, headers and addresses that came over the wire.
import { expect, test } from '@jest/globals';
import {
  blockFile,
  dataFile,
  dataText,
  describeWithData,
  fromHex,
  headersFile,
  jsonFile,
  jsonLines,
  pack,
} from '@btcp2p/testdata';
import {
  AddrV2,
  BlockView,
  type CmpctBlock,
  DecodeError,
  decodeMessage,
  encode,
  encodeMessage,
  formatAddress,
  isMessageType,
  mainnet,
  type MerkleBlock,
  type Message,
  parseAddress,
  Reader,
  V1Transport,
  v1Frame,
} from '../src/index.ts';
import { concat, mustBeSame, nativeSha256d } from './support/bytes.ts';

/** The messages of a mainnet stream that comes in chunks; fails on all that is no message. */
function messagesOf(stream: Uint8Array, chunkSize: number): { message: Message; size: number }[] {
  const transport = new V1Transport({ magic: mainnet.magic, sha256d: nativeSha256d });
  const messages: { message: Message; size: number }[] = [];
  for (let at = 0; at < stream.length; at += chunkSize) {
    transport.receive(stream.subarray(at, at + chunkSize));
    for (let event = transport.poll(); event !== undefined; event = transport.poll()) {
      if (event.type !== 'message') throw new Error(JSON.stringify(event));
      messages.push(event);
    }
  }
  return messages;
}

const frameOf = (message: Message): Uint8Array => v1Frame(mainnet.magic, message, nativeSha256d);

describeWithData('3,674 messages out of captures', () => {
  const lines = jsonLines<{ cmd: string; raw: string }>(
    'vectors/p2p-messages/real_messages_from_pcap.jsonl'
  );
  const frames = lines.map(({ raw }) => fromHex(raw));

  // As they came, as TCP segments would cut them, and in one piece.
  test.each([1, 1_448, 65_536, 2 ** 24])(
    'in chunks of %p bytes, each the same when written again',
    (size) => {
      const messages = messagesOf(concat(frames), size);
      expect(messages).toHaveLength(3_674);
      const counts: Record<string, number> = {};
      for (const [i, { message, size }] of messages.entries()) {
        mustBeSame(frameOf(message), frames[i]!, `message ${i}`);
        expect([message.type, size]).toEqual([lines[i]!.cmd, frames[i]!.length]);
        counts[message.type] = (counts[message.type] ?? 0) + 1;
      }
      expect(counts).toEqual({ inv: 3_520, ping: 126, pong: 19, addrv2: 5, addr: 3, tx: 1 });
    }
  );
});

describeWithData('one message of each of 21 types of before 2015', () => {
  type Captured = Record<string, Record<string, string>>;
  const captured = jsonFile<Captured>('vectors/p2p-messages/bitcore_messages.json');
  const all = Object.entries(captured).flatMap(([type, forms]) =>
    Object.entries(forms).map(([form, raw]) => ({ type, form, frame: fromHex(raw) }))
  );

  test.each(all.filter(({ form }) => form === 'message'))('$type', ({ type, frame }) => {
    const [first, ...rest] = messagesOf(frame, frame.length);
    expect(rest).toEqual([]);
    expect(first?.message.type).toBe(type);
    mustBeSame(frameOf(first!.message), frame, type);
  });

  test('version without its last field, relay (BIP 37): read as true, and written', () => {
    // Its header was left as it is with the field, so this is a payload rather than a frame.
    const payload = fromHex(captured['version']!['messagenofrelay']!).subarray(24);
    const message = decodeMessage('version', payload);
    expect(message.payload).toMatchObject({ relay: true });
    mustBeSame(encodeMessage(message), concat([payload, Uint8Array.of(1)]), 'with relay');
  });

  test('are of 21 types, all known', () => {
    expect(Object.keys(captured).filter(isMessageType)).toHaveLength(21);
  });
});

describeWithData('compact blocks and merkle blocks', () => {
  test.each([
    ['main-426884', 'vectors/compact/cmpctblock-426884.raw'],
    ['test3-898352', 'vectors/compact/cmpctblock-898352.raw'],
  ])('the cmpctblock of %s', (name, path) => {
    const payload = dataFile(path);
    const view = BlockView.of(blockFile(name).bytes);
    const message = decodeMessage('cmpctblock', payload);
    mustBeSame(encodeMessage(message), payload, 'written again');
    const { header, shortIds, prefilled } = message.payload as CmpctBlock;
    expect(header).toEqual(view.header);
    expect(shortIds.length + prefilled.length).toBe(view.transactionCount);
    for (const { index, transaction } of prefilled) {
      mustBeSame(transaction.bytes, view.transactionBytes(index), `transaction ${index}`);
    }
    expect(prefilled[0]?.index).toBe(0);
  });

  test.each(['merkle300025', 'merkle300025-extended'])('%s', (name) => {
    const file = dataFile(`vectors/bcoin/${name}.raw`);
    const { header } = BlockView.of(blockFile('main-300025').bytes);
    const message = decodeMessage('merkleblock', file);
    const payload = message.payload as MerkleBlock;
    expect(payload.header).toEqual(header);
    expect(payload.transactionCount).toBe(461);
    const written = encodeMessage(message);
    mustBeSame(written, file.subarray(0, written.length), 'written again');
    // The extended form, bcoin's own, has transactions behind the message.
    expect(written.length === file.length).toBe(name === 'merkle300025');
  });
});

describeWithData('headers', () => {
  test.each([
    ['mainnet_0-10236', 10_237],
    ['signet_0-2015', 2_016],
    ['mainnet_886212-893873', 7_662],
  ])('%s: messages of 2,000, linked, and the same when written again', (name, count) => {
    const file = headersFile(name);
    let seen = 0;
    let previous: Uint8Array | undefined;
    for (let at = 0; at < file.length; at += 2_000 * 80) {
      const part = file.subarray(at, at + 2_000 * 80);
      const n = part.length / 80;
      const entries = Array.from({ length: n }, (_, i) =>
        concat([part.subarray(80 * i, 80 * i + 80), Uint8Array.of(0)])
      );
      const payload = concat([
        n < 0xfd ? Uint8Array.of(n) : Uint8Array.of(0xfd, n & 0xff, n >> 8),
        ...entries,
      ]);
      const message = decodeMessage('headers', payload);
      mustBeSame(encodeMessage(message), payload, 'written again');
      if (message.type !== 'headers') throw new Error('not headers');
      for (const { prevBlockHash } of message.payload.headers) {
        if (previous !== undefined) mustBeSame(prevBlockHash, previous, 'link');
        previous = nativeSha256d(file.subarray(80 * seen, 80 * seen + 80));
        seen++;
      }
    }
    expect(seen).toBe(count);
  });

  test("an entry of bcoin's", () => {
    const payload = concat([Uint8Array.of(1), dataFile('vectors/bcoin/headers1.raw')]);
    mustBeSame(encodeMessage(decodeMessage('headers', payload)), payload, 'written again');
  });
});

describeWithData('filters', () => {
  type Row = [height: number | string, hash: string, block: string, ...rest: string[]];

  test('as cfilter and cfheaders messages (BIP 157, BIP 158)', () => {
    const rows = jsonFile<(Row | [string])[]>('vectors/bips/bip-0158/testnet-19.json').filter(
      (row): row is Row => row.length > 3
    );
    for (const [, hash, , , previousHeader, filter] of rows) {
      const blockHash = fromHex(hash).toReversed();
      const bytes = fromHex(filter!);
      const size =
        bytes.length < 0xfd
          ? Uint8Array.of(bytes.length)
          : Uint8Array.of(0xfd, bytes.length & 0xff, bytes.length >> 8);
      const cfilter = decodeMessage('cfilter', concat([Uint8Array.of(0), blockHash, size, bytes]));
      expect(cfilter.payload).toEqual({ filterType: 0, blockHash, filter: bytes });
      const previous = fromHex(previousHeader!).toReversed();
      const filterHash = nativeSha256d(bytes);
      const payload = concat([Uint8Array.of(0), blockHash, previous, Uint8Array.of(1), filterHash]);
      const cfheaders = decodeMessage('cfheaders', payload);
      mustBeSame(encodeMessage(cfheaders), payload, 'written again');
      if (cfheaders.type !== 'cfheaders') throw new Error('not cfheaders');
      // The next header is the hash of the filter's hash and the header before (BIP 157).
      const header = nativeSha256d(
        concat([cfheaders.payload.filterHashes[0]!, cfheaders.payload.previousFilterHeader])
      );
      expect(header).toEqual(fromHex(rows.find((row) => row[1] === hash)![6]!).toReversed());
    }
  });
});

describeWithData('addresses', () => {
  test('585 fuzzed addrv2 payloads: a value, written again the same, or a DecodeError', () => {
    const counts = { decoded: 0, refused: 0, addresses: 0 };
    for (const input of pack('addrv2')) {
      const reader = new Reader(input);
      try {
        const value = AddrV2.read(reader);
        mustBeSame(encode(AddrV2, value), input.subarray(0, reader.offset), 'written again');
        counts.decoded++;
        counts.addresses += value.addresses.length;
        for (const { address } of value.addresses)
          if (address.network !== 'unknown') formatAddress(address);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        counts.refused++;
      }
    }
    expect(counts.decoded + counts.refused).toBe(585);
    expect(counts.decoded).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });

  test.each(['main', 'test', 'testnet4', 'signet'])("Core's fixed seeds of %s", (chain) => {
    const lines = dataText(`net/nodes_${chain}.txt`)
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim());
    const networks = new Set<string>();
    for (const line of lines.filter((line) => line !== '')) {
      const address = parseAddress(line, undefined, { asCjdns: true });
      expect(address && formatAddress(address)).toBe(line);
      networks.add(address!.network);
    }
    const expected = ['cjdns', 'i2p', 'ipv4', 'ipv6', 'torv3'];
    expect([...networks].sort()).toEqual(chain === 'main' ? expected.slice(1) : expected);
  });

  test('14,410 nodes of a Bitnodes snapshot', () => {
    const nodes = jsonFile<[host: string, port: number][]>('net/bitnodes_snapshot_1663113591.json');
    expect(nodes).toHaveLength(14_410);
    const counts: Record<string, number> = {};
    for (const [host, port] of nodes) {
      const text = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      const address = parseAddress(text);
      if (address === undefined || formatAddress(address) !== text) throw new Error(text);
      counts[address.network] = (counts[address.network] ?? 0) + 1;
    }
    expect(counts).toEqual({ torv3: 7_425, ipv4: 5_880, ipv6: 1_105 });
  });
});
