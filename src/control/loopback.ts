import { parseHost } from '../lib/http/host.ts';

/** Whether a host, as `parseHost` writes it, is this machine itself: 127.0.0.0/8, ::1 or `localhost`. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$/.test(host);
}

/**
 * Whether a Host field names this machine.
 *
 * Safety: a page of another site whose name was made to point at 127.0.0.1 (DNS rebinding) still sends its own name.
 */
export function hasLoopbackName(hostField: string): boolean {
  const parsed = parseHost(hostField);
  return parsed !== null && isLoopbackHost(parsed.host);
}

/** An address to bind to or to connect to, in the form `parseHost` writes: IPv6 in brackets. */
export function bracketed(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}
