import type { KeyValueStore } from '@btcp2p/chainstate';
import { LmdbStore } from 'btcp2p-node';
import type { Engine } from './key-value-run.ts';
import { LevelStore } from './rivals/level-store.ts';

/** A store that is open. */
export interface OpenStore extends KeyValueStore {
  close(): void | Promise<void>;
}

/** Opens the store of an engine in a directory. */
export async function openEngine(engine: Engine, directory: string): Promise<OpenStore> {
  return engine === 'level' ? await LevelStore.open(directory) : LmdbStore.open(directory);
}
