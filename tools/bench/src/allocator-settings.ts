/**
 * Settings of glibc's allocator, as variables of the environment: memory that is freed stays with
 * the process.
 *
 * Byte arrays are freed when garbage is collected. To have that done before each sample meant that
 * all of them went back to the system at once, to be fetched again page by page during the sample: to
 * send and to receive 1 MB took up to twice as long as in a stream of messages for which nobody
 * collects garbage but V8 when it sees fit, which is as fast with these settings as without.
 */
export const ALLOCATOR_SETTINGS: Readonly<Record<string, string>> = {
  MALLOC_TRIM_THRESHOLD_: '1000000000',
  MALLOC_MMAP_THRESHOLD_: '33554432',
};
