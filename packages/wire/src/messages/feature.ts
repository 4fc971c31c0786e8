// feature (BIP 434): id: CompactSize, 4 to 80 bytes | data: CompactSize, at most 512 bytes
import { varBytes, varString, type Codec } from '../codec.ts';
import type { Reader } from '../reader.ts';

/** Fewest bytes of a feature's id (BIP 434). */
export const MIN_FEATURE_ID_LENGTH = 4;
/** Most bytes of a feature's id (BIP 434). */
export const MAX_FEATURE_ID_LENGTH = 80;
/** Most bytes of a feature's data (BIP 434). */
export const MAX_FEATURE_DATA_LENGTH = 512;

/** `feature` offers a peer-to-peer feature, between `version` and `verack`. */
export interface Feature {
  /** Such as `BIP434`: each character one byte. */
  readonly id: string;
  readonly data: Uint8Array;
}

const id = varString({ max: MAX_FEATURE_ID_LENGTH });
const data = varBytes({ max: MAX_FEATURE_DATA_LENGTH });

/** An id that is too short is `invalid-value`; a payload with more bytes `trailing-bytes`. */
export const Feature: Codec<Feature> = {
  size: (feature) => id.size(feature.id) + data.size(feature.data),
  write(writer, feature) {
    id.write(writer, feature.id);
    data.write(writer, feature.data);
  },
  read(reader: Reader): Feature {
    const feature = { id: id.read(reader), data: data.read(reader) };
    if (feature.id.length < MIN_FEATURE_ID_LENGTH) reader.fail('invalid-value', 0);
    reader.end();
    return feature;
  },
};
