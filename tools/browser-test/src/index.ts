/**
 * Shows that packages work in browsers: bundles them, and runs them in a headless Chromium.
 *
 * @packageDocumentation
 */
export { bundle } from './bundle.ts';
export type { Bundle } from './bundle.ts';
export { BrowserPage } from './browser-page.ts';
export { findChromium, obtainChromium } from './chromium.ts';
export type { FoundChromium } from './chromium.ts';
export { packetsOf } from './page/packets.ts';
export type { Packet } from './page/packets.ts';
export { PeerEnd } from './page/peer-end.ts';
export type { PeerReport } from './page/peer-end.ts';
export { SessionEnd } from './page/session-end.ts';
export type { SessionReport } from './page/session-end.ts';
export type { PacketVector } from './page/vector.ts';
