/** Whether a text is an address to ask over HTTP, and nothing else. */
export function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text.length > 2048) return false;
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
}
