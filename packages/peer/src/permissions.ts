/**
 * What a peer may do that others may not, by Core's names (`NetPermissionFlags`,
 * net_permissions.h). `noban` is the only one that matters inside a connection: such a peer is
 * never disconnected for misbehaving. The others are kept for whoever asks.
 */
export type NetPermission =
  | 'bloomfilter'
  | 'noban'
  | 'forcerelay'
  | 'relay'
  | 'mempool'
  | 'download'
  | 'addr';
