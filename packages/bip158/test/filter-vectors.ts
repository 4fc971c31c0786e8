/** A block as far as its filter depends on it, in hex. */
export interface FilterVector {
  readonly height: number;
  readonly note: string;
  /** As people write it, like the headers. */
  readonly hash: string;
  /** All output scripts, in order. */
  readonly created: readonly string[];
  /** The scripts of the outputs that it spends, in order. */
  readonly spent: readonly string[];
  readonly previousHeader: string;
  readonly filter: string;
  readonly header: string;
}

/** All rows of BIP 158's bip-0158/testnet-19.json: ten blocks of testnet3. */
export const FILTER_VECTORS: readonly FilterVector[] = [
  {
    height: 0,
    note: 'Genesis block',
    hash: '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    created: [
      '4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4' +
      'f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac',
    ],
    spent: [],
    previousHeader: '0000000000000000000000000000000000000000000000000000000000000000',
    filter: '019dfca8',
    header: '21584579b7eb08997773e5aeff3a7f932700042d0ed2a6129012b7d7ae81b750',
  },
  {
    height: 2,
    note: '',
    hash: '000000006c02c8ea6e4ff69651f7fcde348fb9d557a06e6957b65552002a7820',
    created: [
      '21038a7f6ef1c8ca0c588aa53fa860128077c9e6c11e6830f4d7ee4e763a56b7718fac',
    ],
    spent: [],
    previousHeader: 'd7bdac13a59d745b1add0d2ce852f1a0442e8945fc1bf3848d3cbffd88c24fe1',
    filter: '0174a170',
    header: '186afd11ef2b5e7e3504f2e8cbf8df28a1fd251fe53d60dff8b1467d1b386cf0',
  },
  {
    height: 3,
    note: '',
    hash: '000000008b896e272758da5297bcd98fdc6d97c9b765ecec401e286dc1fdbe10',
    created: [
      '2103f6d9ff4c12959445ca5549c811683bf9c88e637b222dd2e0311154c4c85cf423ac',
    ],
    spent: [],
    previousHeader: '186afd11ef2b5e7e3504f2e8cbf8df28a1fd251fe53d60dff8b1467d1b386cf0',
    filter: '016cf7a0',
    header: '8d63aadf5ab7257cb6d2316a57b16f517bff1c6388f124ec4c04af1212729d2a',
  },
  {
    height: 15_007,
    note: 'Tx has non-standard OP_RETURN output followed by opcodes',
    hash: '0000000038c44c703bae0f98cdd6bf30922326340a5996cc692aaae8bacf47ad',
    created: [
      '2103f268e9ae07e0f8cb2f6e901d87c510d650b97230c0365b021df8f467363cafb1ac',
    ],
    spent: [],
    previousHeader: '18b5c2b0146d2d09d24fb00ff5b52bd0742f36c9e65527abdb9de30c027a4748',
    filter: '013c3710',
    header: '07384b01311867949e0c046607c66b7a766d338474bb67f66c8ae9dbd454b20e',
  },
  {
    height: 49_291,
    note: 'Tx pays to empty output script',
    hash: '0000000018b07dca1b28b4b5a119f6d6e71698ce1ed96f143f54179ce177a19c',
    created: [
      '2102971dd6034ed0cf52450b608d196c07d6345184fcb14deb277a6b82d526a6163dac',
      '76a91445db0b779c0b9fa207f12a8218c94fc77aff504588ac',
      '',
    ],
    spent: [
      '5221033423007d8f263819a2e42becaaf5b06f34cb09919e06304349d950668209eaed21021d69e2b68c' +
      '3960903b702af7829fadcd80bd89b158150c85c4a75b2c8cb9c39452ae',
      '52210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179821021d69e2b68c' +
      '3960903b702af7829fadcd80bd89b158150c85c4a75b2c8cb9c39452ae',
      '522102a7ae1e0971fc1689bd66d2a7296da3a1662fd21a53c9e38979e0f090a375c12d21022adb62335f' +
      '41eb4e27056ac37d462cda5ad783fa8e0e526ed79c752475db285d52ae',
      '52210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179821022adb62335f' +
      '41eb4e27056ac37d462cda5ad783fa8e0e526ed79c752475db285d52ae',
      '512103b9d1d0e2b4355ec3cdef7c11a5c0beff9e8b8d8372ab4b4e0aaf30e80173001951ae',
      '76a9149144761ebaccd5b4bbdc2a35453585b5637b2f8588ac',
      '522103f1848b40621c5d48471d9784c8174ca060555891ace6d2b03c58eece946b1a9121020ee5d32b54' +
      'd429c152fdc7b1db84f2074b0564d35400d89d11870f9273ec140c52ae',
      '76a914f4fa1cc7de742d135ea82c17adf0bb9cf5f4fb8388ac',
    ],
    previousHeader: 'ed47705334f4643892ca46396eb3f4196a5e30880589e4009ef38eae895d4a13',
    filter: '0afbc2920af1b027f31f87b592276eb4c32094bb4d3697021b4c6380',
    header: 'b6d98692cec5145f67585f3434ec3c2b3030182e1cb3ec58b855c5c164dfaaa3',
  },
  {
    height: 180_480,
    note: 'Tx spends from empty output script',
    hash: '00000000fd3ceb2404ff07a785c7fdcc76619edc8ed61bd25134eaa22084366a',
    created: [
      '2102e769e60137a4df6b0df8ebd387cca44c4c57ae74cc0114a8e8317c8f3bfd85e9ac',
      '2103bb52138972c48a132fc1f637858c5189607dd0f7fe40c4f20f6ad65f2d389ba4ac',
      '76a9147779b7fba1c1e06b717069b80ca170e8b04458a488ac',
      '76a9142a0307cd925dbb66b534c4db33003dd18c57015788ac',
      '76a914ae19d27efe12f5a886dc79af37ad6805db6f922d88ac',
      '76a9143b8d051d37a07ea1042067e93efe63dbf73920b988ac',
      '76a914797fb8777d7991d8284d88bfd421ce520f0f843188ac',
      '76a9146d10f3f592699265d10b106eda37c3ce793f7a8588ac',
    ],
    spent: [
      '',
      '',
      '',
      '76a9142903b138c24be9e070b3e73ec495d77a204615e788ac',
      '76a91433a1941fd9a37b9821d376f5a51bd4b52fa50e2888ac',
      '76a914e4374e8155d0865742ca12b8d4d14d41b57d682f88ac',
      '76a914001fa7459a6cfc64bdc178ba7e7a21603bb2568f88ac',
      '76a914f6039952bc2b307aeec5371bfb96b66078ec17f688ac',
    ],
    previousHeader: 'd34ef98386f413769502808d4bac5f20f8dfd5bffc9eedafaa71de0eb1f01489',
    filter: '0db414c859a07e8205876354a210a75042d0463404913d61a8e068e58a3ae2aa080026',
    header: 'c582d51c0ca365e3fcf36c51cb646d7f83a67e867cb4743fd2128e3e022b700c',
  },
  {
    height: 926_485,
    note: 'Duplicate pushdata 913bcc2be49cb534c20474c4dee1e9c4c317e7eb',
    hash: '000000000000015d6077a411a8f5cc95caf775ccf11c54e27df75ce58d187313',
    created: [
      '76a914876fbb82ec05caa6af7a3b5e5a983aae6c6cc6d688ac',
      '6a24aa21a9ed5c748e121c0fe146d973a4ac26fa4a68b0549d46ee22d25f50a5e46fe1b377ee',
      '52534b424c4f434b3acd16772ad61a3c5f00287480b720f6035d5e54c9efc71be94bb5e3727f109090',
      '76a9143ebc40e411ed3c76f86711507ab952300890397288ac',
      '76a91450333046115eaa0ac9e0216565f945070e44573988ac',
      '76a914c01a7ca16b47be50cbdbc60724f701d52d75156688ac',
      'a914b7e6f7ff8658b2d1fb107e3d7be7af4742e6b1b387',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
      'a9148fc37ad460fdfbd2b44fe446f6e3071a4f64faa687',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
    ],
    spent: [
      'a914feb8a29635c56d9cd913122f90678756bf23887687',
      '76a914c01a7ca16b47be50cbdbc60724f701d52d75156688ac',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
      '76a914913bcc2be49cb534c20474c4dee1e9c4c317e7eb88ac',
    ],
    previousHeader: '8f13b9a9c85611635b47906c3053ac53cfcec7211455d4cb0d63dc9acc13d472',
    filter: '09027acea61b6cc3fb33f5d52f7d088a6b2f75d234e89ca800',
    header: '546c574a0472144bcaf9b6aeabf26372ad87c7af7d1ee0dbfae5e099abeae49c',
  },
  {
    height: 987_876,
    note: 'Coinbase tx has unparseable output script',
    hash: '0000000000000c00901f2049055e2a437c819d79a3d54fd63e6af796cd7b8a79',
    created: [
      '76a914c486de584a735ec2f22da7cd9681614681f92173d83d0aa68688ac',
    ],
    spent: [],
    previousHeader: 'fe4d230dbb0f4fec9bed23a5283e08baf996e3f32b93f52c7de1f641ddfd04ad',
    filter: '010c0b40',
    header: '0965a544743bbfa36f254446e75630c09404b3d164a261892372977538928ed5',
  },
  {
    height: 1_263_442,
    note: 'Includes witness data',
    hash: '000000006f27ddfe1dd680044a34548f41bed47eba9e6f0b310da21423bc5f33',
    created: [
      '76a914f2c25ac3d59f3d674b1d1d0a25c27339aaac0ba688ac',
      '6a24aa21a9edcb26cb3052426b9ebb4d19c819ef87c19677bbf3a7c46ef0855bd1b2abe83491',
      '001446c29eabe8208a33aa1023c741fa79aa92e881ff',
    ],
    spent: [
      '002027a5000c7917f785d8fc6e5a55adfca8717ecb973ebb7743849ff956d896a7ed',
    ],
    previousHeader: '31d66d516a9eda7de865df29f6ef6cb8e4bf9309e5dac899968a9a62a5df61e3',
    filter: '0385acb4f0fe889ef0',
    header: '4e6d564c2a2452065c205dd7eb2791124e0c4e0dbb064c410c24968572589dec',
  },
  {
    height: 1_414_221,
    note: 'Empty data',
    hash: '0000000000000027b2b3b3381f114f674f481544ff2be37ae3788d7e078383b1',
    created: [
      '',
    ],
    spent: [],
    previousHeader: '5e5e12d90693c8e936f01847859404c67482439681928353ca1296982042864e',
    filter: '00',
    header: '021e8882ef5a0ed932edeebbecfeda1d7ce528ec7b3daa27641acf1189d7b5dc',
  },
];
