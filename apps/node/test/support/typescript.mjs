// `node --conditions=@btcp2p/source --import=<this file> child.ts` runs TypeScript sources: what
// tests start as processes of their own needs no build.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
