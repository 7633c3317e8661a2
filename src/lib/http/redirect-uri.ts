const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** RFC 8252, section 7.1: the scheme of an app is a domain of its maker in reverse order. */
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/;
const MAX_CHARS = 2048;

/** Whether a redirect URI leads to an app on the user's own device, whatever the port. */
export function isNativeRedirect(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  return url.protocol === 'http:' ? LOOPBACK_HOSTS.has(url.hostname) : url.protocol !== 'https:';
}

/**
 * Says in one sentence why a text cannot be a redirect URI; null when it can.
 *
 * Safety: what is registered is compared character by character (RFC 9700, section 4.1.3), so nothing in it may stand
 * for anything else. `nativeApps` is whether apps may have a scheme of their own.
 */
export function redirectUriProblem(text: string, nativeApps: boolean): string | null {
  if (text.length > MAX_CHARS) return 'is too long';
  // A blank or control character, or a backslash, is read in more than one way.
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(text)) return 'has characters that a URL cannot have';
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (text.includes('#')) return 'has a fragment';
  if (text.includes('*')) return 'has a wildcard, and redirect URIs are compared exactly';
  if (url.username !== '' || url.password !== '') return 'has a user name or password';
  if (url.protocol === 'https:') return url.hostname === '' ? 'has no host' : null;
  if (url.protocol === 'http:') {
    return LOOPBACK_HOSTS.has(url.hostname) ? null : 'is not https: http is for the loopback address only';
  }
  if (!nativeApps) return 'is not https';
  return PRIVATE_SCHEME.test(url.protocol)
    ? null
    : "has a scheme that is nobody's: use https, the loopback address, or a domain of yours in reverse order such as `com.example.app:`";
}
