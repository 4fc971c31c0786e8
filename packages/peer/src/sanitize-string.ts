/** What is left of a peer's text in logs (Core `SanitizeString` with `SAFE_CHARS_DEFAULT`). */
export function sanitizeString(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9 .,;\-_/:?@()]/g, '');
}
