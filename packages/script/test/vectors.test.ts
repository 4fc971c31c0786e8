import { describe, expect, test } from '@jest/globals';
import {
  decode, fromHex, hashToHex, i64, struct, toHex, type Transaction, TransactionView, varBytes,
} from '@btcp2p/wire';
import {
  legacySignatureHash, nobleVerifier, noSignatureChecker, PrecomputedTransaction, pushOf,
  SignatureHashType, tapleafHash, taprootMerkleRoot, tapTweakHash, verifyInput, verifyScript,
  verifyTransactionScripts, witnessV0SignatureHash,
} from '../src/index.ts';
import { parseFlags, parseScript } from './support.ts';

// A selection of the official vectors, so that the package can be tested without the collection of
// real data, with the default verifier and hashes.

const MANDATORY = parseFlags(
  'P2SH,DERSIG,CHECKLOCKTIMEVERIFY,CHECKSEQUENCEVERIFY,WITNESS,NULLDUMMY,TAPROOT',
);

describe('Core script_tests.json, rows without signatures', () => {
  const rows: [scriptSig: string, scriptPubKey: string, flags: string, error: string][] = [
    ['1', '', 'P2SH,STRICTENC', 'OK'],
    ['0 1', '2DUP', 'P2SH,STRICTENC', 'OK'],
    ['NOP', 'NOP7 1', 'P2SH,STRICTENC', 'OK'],
    ['0x02 0x0000', 'NEGATE DROP 1', '', 'OK'],
    ['-1', 'SIZE 1 EQUAL', 'P2SH,STRICTENC', 'OK'],
    ['-127', 'SIZE 1 EQUAL', 'P2SH,STRICTENC', 'OK'],
    ['127', '0x01 0x7F EQUAL', 'P2SH,STRICTENC', 'OK'],
    ['22 21 20', 'ROT 22 EQUAL', 'P2SH,STRICTENC', 'OK'],
    ['0', 'IF 0xcb ELSE 1 ENDIF', 'P2SH,STRICTENC', 'OK'],
    ['0', 'IF 0xee ELSE 1 ENDIF', 'P2SH,STRICTENC', 'OK'],
    ['0 0 0x02 0x0000', 'CHECKMULTISIGVERIFY 1', '', 'OK'],
    ['11 10 1 ADD', 'NUMNOTEQUAL NOT', 'P2SH,STRICTENC', 'OK'],
    ['2147483647', '0x04 0xFFFFFF7F EQUAL', 'P2SH,STRICTENC', 'OK'],
    ['', '0 0 0 CHECKMULTISIG VERIFY DEPTH 0 EQUAL', 'P2SH,STRICTENC', 'OK'],
    ['', '', 'P2SH,STRICTENC', 'EVAL_FALSE'],
    ['', 'NOP', 'P2SH,STRICTENC', 'EVAL_FALSE'],
    ['1', 'VER', 'P2SH,STRICTENC', 'BAD_OPCODE'],
    ['0x50', '1', 'P2SH,STRICTENC', 'BAD_OPCODE'],
    ['1', 'IF 1', 'P2SH,STRICTENC', 'UNBALANCED_CONDITIONAL'],
    ['1', 'ENDIF', 'P2SH,STRICTENC', 'UNBALANCED_CONDITIONAL'],
    ['1', 'RETURN', 'P2SH,STRICTENC', 'OP_RETURN'],
    ['1', "RETURN 'data'", 'P2SH,STRICTENC', 'OP_RETURN'],
    ['0', 'VERIFY 1', 'P2SH,STRICTENC', 'VERIFY'],
    ['1', 'FROMALTSTACK', 'P2SH,STRICTENC', 'INVALID_ALTSTACK_OPERATION'],
    ['1 TOALTSTACK', 'FROMALTSTACK 1', 'P2SH,STRICTENC', 'INVALID_ALTSTACK_OPERATION'],
    ['1', 'NIP', 'P2SH,STRICTENC', 'INVALID_STACK_OPERATION'],
    ['1', 'ADD', 'P2SH,STRICTENC', 'INVALID_STACK_OPERATION'],
    ['0 1', 'SWAP 1 EQUALVERIFY', 'P2SH,STRICTENC', 'EQUALVERIFY'],
    ['19 20 21', '0 PICK 20 EQUALVERIFY DEPTH 3 EQUAL', 'P2SH,STRICTENC', 'EQUALVERIFY'],
    ["'a' 'b'", 'CAT', 'P2SH,STRICTENC', 'DISABLED_OPCODE'],
    ['2 2MUL', '4 EQUAL', 'P2SH,STRICTENC', 'DISABLED_OPCODE'],
    ['2147483648', '1ADD 1', 'P2SH,STRICTENC', 'UNKNOWN_ERROR'],
    ['2147483648', '1SUB 1', 'P2SH,STRICTENC', 'UNKNOWN_ERROR'],
    ['1', 'NOP1', 'P2SH,DISCOURAGE_UPGRADABLE_NOPS', 'DISCOURAGE_UPGRADABLE_NOPS'],
    ['1', 'NOP4', 'P2SH,DISCOURAGE_UPGRADABLE_NOPS', 'DISCOURAGE_UPGRADABLE_NOPS'],
    ['', '-1 CHECKMULTISIG NOT', 'STRICTENC', 'PUBKEY_COUNT'],
    ['', '-1 0 CHECKMULTISIG NOT', 'STRICTENC', 'SIG_COUNT'],
    ["0 'sig' 1 0", 'CHECKMULTISIG 1', 'P2SH,STRICTENC', 'SIG_COUNT'],
    ['0x4c 0x00', 'DROP 1', 'MINIMALDATA', 'MINIMALDATA'],
    ['0x01 0x81', 'DROP 1', 'MINIMALDATA', 'MINIMALDATA'],
    ['-1', 'CHECKSEQUENCEVERIFY', 'CHECKSEQUENCEVERIFY', 'NEGATIVE_LOCKTIME'],
    ['0', 'CHECKSEQUENCEVERIFY', 'CHECKSEQUENCEVERIFY', 'UNSATISFIED_LOCKTIME'],
    ['0x050000000001', 'CHECKSEQUENCEVERIFY', 'CHECKSEQUENCEVERIFY', 'UNSATISFIED_LOCKTIME'],
  ];

  test.each(rows)('%s | %s (%s): %s', (scriptSig, scriptPubKey, flags, expected) => {
    const error = verifyScript(
      parseScript(scriptSig), parseScript(scriptPubKey), [], parseFlags(flags), noSignatureChecker,
    );
    expect(error === 'SIG_NULLFAIL' ? 'NULLFAIL' : error).toBe(expected);
  });
});

describe('legacy hashes: Core sighash.json', () => {
  const rows: [transaction: string, script: string, input: number, type: number, hash: string][] = [
    [
      'c33028b301d5093e1e8397270d75a0b009b2a6509a01861061ab022ca122a6ba935b8513320200000000ffffffff013bcf5a0500000000015200000000',
      '', 0, -513413204, '6b1459536f51482f5dbf42d7e561896557461e1e3b6bf67871e2b51faae2832c',
    ],
    [
      'fea256ce01272d125e577c0a09570a71366898280dda279b021000db1325f27edda41a53460100000002ab53c752c21c013c2b3a01000000000000000000',
      '65', 0, 1145543262, '076b9f844f6ae429de228a2c337c704df1652c292b6c6494882190638dad9efd',
    ],
    [
      'e3cdbfb4014d90ae6a4401e85f7ac717adc2c035858bf6ff48979dd399d155bce1f150daea0300000002ac51a67a0d39017f6c71040000000005535200535200000000',
      '', 0, -1899950911, 'c1c7df8206e661d593f6455db1d61a364a249407f88e99ecad05346e495b38d7',
    ],
    [
      'f2b539a401e4e8402869d5e1502dbc3156dbce93583f516a4947b333260d5af1a34810c6a00200000003525363ffffffff01d305e2000000000005acab535200a265fe77',
      '', 0, -1435650456, '41617b27321a830c712638dbb156dae23d4ef181c7a06728ccbf3153ec53d7dd',
    ],
  ];

  test.each(rows)('%s', (transaction, script, input, type, hash) => {
    const view = TransactionView.of(fromHex(transaction));
    const spent = [{ value: 0n, scriptPubKey: new Uint8Array(0) }];
    const precomputed = PrecomputedTransaction.of(view, spent);
    expect(hashToHex(legacySignatureHash(precomputed, input, fromHex(script), type))).toBe(hash);
  });

  test('SINGLE without its output is the number 1', () => {
    const empty = { value: 0n, scriptPubKey: new Uint8Array(0) };
    const input = {
      prevout: { txid: new Uint8Array(32), index: 0 }, scriptSig: new Uint8Array(0), sequence: 0, witness: [],
    };
    const transaction: Transaction = { version: 1, inputs: [input, input], outputs: [empty], lockTime: 0 };
    const precomputed = PrecomputedTransaction.of(transaction, [empty, empty]);
    const hash = legacySignatureHash(precomputed, 1, empty.scriptPubKey, SignatureHashType.SINGLE);
    expect(hashToHex(hash)).toBe('0'.repeat(63) + '1');
    const first = legacySignatureHash(precomputed, 0, empty.scriptPubKey, SignatureHashType.SINGLE);
    expect(hashToHex(first)).not.toBe('0'.repeat(63) + '1');
  });
});

describe('witness v0: the examples of BIP 143', () => {
  // "Native P2WPKH": the second input.
  const keyHash = {
    signed:
      '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000',
    spent: [
      {
        value: 625_000_000n,
        scriptPubKey: fromHex('2103c9f4836b9a4f77fc0d81f7bcb01b7f1b35916864b9476c241ce9fc198bd25432ac'),
      },
      { value: 600_000_000n, scriptPubKey: fromHex('00141d0f172a0ecb48aee1be1f2687d2963ae33f71a1') },
    ],
  };
  // "Native P2WSH", the example with OP_CODESEPARATOR and SINGLE without its output.
  const scriptHash = {
    signed:
      '01000000000102fe3dc9208094f3ffd12645477b3dc56f60ec4fa8e6f5d67c565d1c6b9216b36e000000004847304402200af4e47c9b9629dbecc21f73af989bdaa911f7e6f6c2e9394588a3aa68f81e9902204f3fcf6ade7e5abb1295b6774c8e0abd94ae62217367096bc02ee5e435b67da201ffffffff0815cf020f013ed6cf91d29f4202e8a58726b1ac6c79da47c23d1bee0a6925f80000000000ffffffff0100f2052a010000001976a914a30741f8145e5acadf23f751864167f32e0963f788ac000347304402200de66acf4527789bfda55fc5459e214fa6083f936b430a762c629656216805ac0220396f550692cd347171cbc1ef1f51e15282e837bb2b30860dc77c8f78bc8501e503473044022027dc95ad6b740fe5129e7e62a75dd00f291a2aeb1200b84b09d9e3789406b6c002201a9ecd315dd6a0e632ab20bbb98948bc0c6fb204f2c286963bb48517a7058e27034721026dccc749adc2a9d0d89497ac511f760f45c47dc5ed9cf352a58ac706453880aeadab210255a9626aebf5e29c0e6538428ba0d1dcf6ca98ffdf086aa8ced5e0d0215ea465ac00000000',
    spent: [
      {
        value: 156_250_000n,
        scriptPubKey: fromHex('21036d5c20fa14fb2f635474c1dc4ef5909d4568e5569b79fc94d3448486e14685f8ac'),
      },
      {
        value: 4_900_000_000n,
        scriptPubKey: fromHex('00205d1b56b63d714eebe542309525f484b7e9d6f686b3781b6f61ef925d66d6f6a0'),
      },
    ],
  };

  test.each([keyHash, scriptHash])('the signed transaction $# verifies', ({ signed, spent }) => {
    const precomputed = PrecomputedTransaction.of(TransactionView.of(fromHex(signed)), spent);
    expect(verifyTransactionScripts(precomputed, MANDATORY)).toEqual({ status: 'ok' });
    const poorer = spent.map((output) => ({ ...output, value: output.value - 1n }));
    const changed = PrecomputedTransaction.of(TransactionView.of(fromHex(signed)), poorer);
    expect(verifyTransactionScripts(changed, MANDATORY)).toEqual({
      status: 'invalid', inputIndex: 1, error: signed === keyHash.signed ? 'EVAL_FALSE' : 'CHECKSIGVERIFY',
    });
  });

  test('the hashes that they give', () => {
    const first = PrecomputedTransaction.of(TransactionView.of(fromHex(keyHash.signed)), keyHash.spent);
    const code = fromHex('76a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac');
    expect(toHex(witnessV0SignatureHash(first, 1, code, 1))).toBe(
      'c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670', // BIP 143
    );
    const { signed, spent } = scriptHash;
    const second = PrecomputedTransaction.of(TransactionView.of(fromHex(signed)), spent);
    const whole = fromHex(
      '21026dccc749adc2a9d0d89497ac511f760f45c47dc5ed9cf352a58ac706453880aeadab210255a9626aebf5e29c0e6538428ba0d1dcf6ca98ffdf086aa8ced5e0d0215ea465ac',
    );
    expect(toHex(witnessV0SignatureHash(second, 1, whole, 3))).toBe(
      '82dde6e4f1e94d02c2b7ad03d2115d691f48d064e9d52f58194a6637e4194391', // BIP 143
    );
    expect(toHex(witnessV0SignatureHash(second, 1, whole.subarray(36), 3))).toBe(
      'fef7bd749cce710c5c052bd796df1af0d935e59cea63736268bcbe2d2134fc47', // BIP 143
    );
  });

  test('SINGLE with ANYONECANPAY, and a code separator that is not executed', () => {
    const view = TransactionView.of(fromHex(
      '0100000002e9b542c5176808107ff1df906f46bb1f2583b16112b95ee5380665ba7fcfc0010000000000ffffffff80e68831516392fcd100d186b3c2c7b95c80b53c77e77c35ba03a66b429a2a1b0000000000ffffffff0280969800000000001976a914de4b231626ef508c9a74a8517e6783c0546d6b2888ac80969800000000001976a9146648a8cd4531e1ec47f35916de8e259237294d1e88ac00000000',
    ));
    const output = { value: 16_777_215n, scriptPubKey: new Uint8Array(0) };
    const precomputed = PrecomputedTransaction.of(view, [output, output]);
    const code = fromHex('0063ab68210392972e2eb617b2388771abe27235fd5ac44af8e61693261550447a4c3e39da98ac');
    expect(toHex(witnessV0SignatureHash(precomputed, 0, code, 0x83))).toBe(
      'e9071e75e25b8a1e298a72f0d2e9f4f95a0f5cdf86a533cda597eb402ed13b3a', // BIP 143
    );
  });
});

describe('taproot', () => {
  const TxOut = struct<{ value: bigint; scriptPubKey: Uint8Array }>({ value: i64, scriptPubKey: varBytes() });

  test('a tree of two scripts: BIP 341 wallet-test-vectors.json, scriptPubKey 3', () => {
    const internal = fromHex('ee4fe085983462a184015d1f782d6a5f8b9c2b60130aff050ce221ecf3786592'); // BIP 341
    const script = fromHex('20387671353e273264c495656e27e39ba899ea8fee3bb69fb2a680e22093447d48ac');
    const leaf = tapleafHash(0xc0, script);
    expect(toHex(leaf)).toBe('8ad69ec7cf41c2a4001fd1f738bf1e505ce2277acdcaa63fe4765192497f47a7'); // BIP 341
    const other = tapleafHash(0xfa, fromHex('06424950333431'));
    expect(toHex(other)).toBe('f224a923cd0021ab202ab139cc56802ddb92dcfc172b9212261a539df79a112a'); // BIP 341
    const control = Uint8Array.of(0xc0, ...internal, ...other);
    const root = taprootMerkleRoot(control, leaf);
    expect(toHex(root)).toBe('6c2dc106ab816b73f9d07e3cd1ef2c8c1256f519748e0813e4edd2405d277bef'); // BIP 341
    expect(toHex(taprootMerkleRoot(Uint8Array.of(0xfa, ...internal, ...leaf), other))).toBe(toHex(root));
    const tweak = tapTweakHash(internal, root);
    expect(toHex(tweak)).toBe('9e0517edc8259bb3359255400b23ca9507f2a91cd1e4250ba068b4eafceba4a9'); // BIP 341
    const output = fromHex('712447206d7a5238acc7ff53fbe94a3b64539ad291c7cdbc490b7577e4b17df5'); // BIP 341
    expect(nobleVerifier.checkTapTweak(internal, tweak, output, 0)).toBe(true);
    expect(nobleVerifier.checkTapTweak(internal, tweak, output, 1)).toBe(false);
    expect(nobleVerifier.checkTapTweak(internal, root, output, 0)).toBe(false);
  });

  // From Core's script_assets_test.json, by their comments there.
  const assets = [
    {
      comment: 'sighash/purepk: hash type 2',
      tx: '26bea3fc01dff9d694a434b13abfbbd618e2ece4460f24b4821cf47d5afc481a386c59565c970100000075c2f08501cec6000000000000160014619b982e9f6832d2edb1a1ee4e7656a8d72c65e7bc98653d',
      prevouts: ['57144c000000000022512068810aef011b819679577c24f008f8785d9903d2c43eb118d09024962a03144e'],
      index: 0,
      success: ['2eaa8d5c089018ad5270968232d49205851ae61fce62758bd75b66eb5f615fa421a3365c10fe5f11234c962ded42d732ce69c3aa764a03d4d87b859c333e8a4102'],
      failure: ['ab684fe283f2e3a6ba9ca683327d7f1dc3759c793bdf64459499ca596375323b89b4fe5ae5af3e190f35d63c5129b5192c5c417a5c6e1bae88139c0ceaab809202'],
      error: 'SCHNORR_SIG',
    },
    {
      comment: 'applic/keypath',
      tx: '0200000002bcb2054607a921b3c6df992a9486776863b28485e731a805931b6feb14221acf3901000000294d73f38bd9b9012d1e9d0bc9c34df9d487a1d5663f1b37dbd4a857a2bddcbe25f0d0c4f000000000428d778904fbaeb6000000000017a9148f07d0f98cfe0d6aff29ca20bcda3fa930839374875802000000000000160014619b982e9f6832d2edb1a1ee4e7656a8d72c65e75802000000000000160014deb4696df95e4685eae8f9ff2e77fc7edabbe2fc5802000000000000160014f19f1969da9e474444a7b8fc50ae71f46e1eb796f7b3ae3c',
      prevouts: [
        'd7b8770000000000225120b5149551dc0241ae0d4420d11e06c98ebd87b9a952c2fc2c5fa7ce9cbc250e4b',
        '2ac54100000000002251202540f27e90740933c99d4f17ab2dfc6c82951cfb0b8674c83ad179cfbc247b89',
      ],
      index: 1,
      success: ['2c4f4c08e82cd2748b627f594356ee1770e152d3ed937afef341d5d1405729e94dcfb2a411d61060992531f5176fcc33e0ffb407fb249880edbc638e48a7e26c'],
      failure: ['5c1ed01d05ee9ee8ad3e08908198b0301ea4e75cf4b3866a7d5d4378720216ddec9c11e00494a12839388999355a222cb9579bbf423c9df99bc9b63a48938ea2'],
      error: 'SCHNORR_SIG',
    },
    {
      comment: 'spendpath/truncshortcontrol',
      tx: '0100000001bcb2054607a921b3c6df992a9486776863b28485e731a805931b6feb14221acf2400000000153b568004314a6900000000001976a91497b8b6d3828f12a792c9de6df78e0b1514b7967688ac580200000000000017a914f017945d4d088c7d42ab3bcbc1adce51d74fbd9f87580200000000000017a914719f78084af863e000acd618ba76df97972236898758020000000000001976a914c629d61df58baceae110d15eb5b55e144268615388ac500a954a',
      prevouts: ['f5056b00000000002251207c84ae2d9063cc63412a30e00823aa01b05bc54bcf6d9936dc1c650bbdc9e98b'],
      index: 0,
      success: [
        'ae8ab4a2676af693dae1493617eae9caa947f452112902321a990ac6d74668a97ca7b2de345690fcb1815bf33baed1aecade9d1324b0318ece0425e4d9129855',
        '207d732801de7e0c866f2462f29c14b63e555159b62ba93a5d5963d1c04795f936ac',
        'c0871bf677dcc1eeea213f60505c1c9f1695f8b7d2ee8bbacb3ba246e9f1e57e20',
      ],
      failure: [
        'ae8ab4a2676af693dae1493617eae9caa947f452112902321a990ac6d74668a97ca7b2de345690fcb1815bf33baed1aecade9d1324b0318ece0425e4d9129855',
        '207d732801de7e0c866f2462f29c14b63e555159b62ba93a5d5963d1c04795f936ac',
        '',
      ],
      error: 'TAPROOT_WRONG_CONTROL_SIZE',
    },
    {
      comment: 'tapscript/sigopsratio_3',
      tx: 'cc6f3def0260f8b8616e71e7ed05613145ce7cda782ac9861e64f9ce24e333ca1e91d91270a90100000072a16fcbdff9d694a434b13abfbbd618e2ece4460f24b4821cf47d5afc481a386c59565c1d02000000bff28abf0409d36200000000001976a91490770ceff2b1c32e9dbf952fbe65b04a54d1949388ac5802000000000000160014619b982e9f6832d2edb1a1ee4e7656a8d72c65e758020000000000001976a914c629d61df58baceae110d15eb5b55e144268615388ac58020000000000001976a914f9cfef42654b8e1307276f4274b9e35435f17e8d88ace2040000',
      prevouts: [
        '38281000000000002251203e6b8aa12170bf3e8ad7f10d608d1ed027d7fee17123c5116152c821758451f4',
        'bc035500000000002251202f329ebb629b1bb09406fd99900762644c979122f44ddf705116f636c54af1f8',
      ],
      index: 1,
      success: [
        '2076b02e7a8c092452fe8cc7600e3d4714f6f512ea929a851b89bd5345065c98b75d96051f8b7e11f69b43a4d71281831a42fa4dd83efe2431868a258047e2e6',
        '2d095a1f1062fe7bd8',
        '7520871bf677dcc1eeea213f60505c1c9f1695f8b7d2ee8bbacb3ba246e9f1e57e205163676e567cba5788686ead6ead6ead6ead6ead6ead587cba5987',
        'c07d732801de7e0c866f2462f29c14b63e555159b62ba93a5d5963d1c04795f936f14c077a5df9569646929ff390715adf76260bbf779418b239f42b6e5c4df0bf6e04a680a3e09d2c1c78b970124d832e17e53b3edd07c25f73a974632e6fcb1bba955e8474be2e5ac086aee3ec774721171b5e328eaea831dfbb16e2e79f74edede1cb3350aa36ceb33b3b6c7090611381813ed3ae357cb7bb9b2dc70f0d254d',
      ],
      failure: [
        '2076b02e7a8c092452fe8cc7600e3d4714f6f512ea929a851b89bd5345065c98b75d96051f8b7e11f69b43a4d71281831a42fa4dd83efe2431868a258047e2e6',
        'aee58931a9775a2c',
        '7520871bf677dcc1eeea213f60505c1c9f1695f8b7d2ee8bbacb3ba246e9f1e57e205163676e567cba5788686ead6ead6ead6ead6ead6ead587cba5987',
        'c07d732801de7e0c866f2462f29c14b63e555159b62ba93a5d5963d1c04795f936f14c077a5df9569646929ff390715adf76260bbf779418b239f42b6e5c4df0bf6e04a680a3e09d2c1c78b970124d832e17e53b3edd07c25f73a974632e6fcb1bba955e8474be2e5ac086aee3ec774721171b5e328eaea831dfbb16e2e79f74edede1cb3350aa36ceb33b3b6c7090611381813ed3ae357cb7bb9b2dc70f0d254d',
      ],
      error: 'TAPSCRIPT_VALIDATION_WEIGHT',
    },
  ];

  test.each(assets)('$comment', ({ tx, prevouts, index, success, failure, error }) => {
    const parts = TransactionView.of(fromHex(tx)).transaction();
    const spent = prevouts.map((output) => decode(TxOut, fromHex(output)));
    const verdict = (witness: readonly string[]): string => {
      const inputs = parts.inputs.map((input, i) =>
        i === index ? { ...input, witness: witness.map(fromHex) } : input,
      );
      const precomputed = PrecomputedTransaction.of({ ...parts, inputs }, spent);
      return verifyInput(precomputed, index, MANDATORY);
    };
    expect(verdict(success)).toBe('OK');
    expect(verdict(failure)).toBe(error);
  });
});

test('data is pushed as Core pushes it', () => {
  // Core script.h `AppendDataSize`.
  const headers = [0, 1, 75, 76, 255, 256, 520, 65_536].map((size) => {
    const push = pushOf(new Uint8Array(size));
    return toHex(push.subarray(0, push.length - size));
  });
  expect(headers).toEqual(['00', '01', '4b', '4c4c', '4cff', '4d0001', '4d0802', '4e00000100']);
});
