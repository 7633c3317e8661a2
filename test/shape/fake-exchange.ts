import type { GatewayConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { FieldLines } from '../../src/lib/http/field-lines.ts';
import { type Ip, parseIp } from '../../src/lib/ip/address.ts';
import { CidrTrie } from '../../src/lib/ip/cidr-trie.ts';
import type { Exchange } from '../../src/proxy/exchange.ts';
import type { ReadSettings } from '../../src/proxy/settings.ts';

export interface RequestLine {
  readonly method?: string;
  readonly target?: string;
  readonly httpVersion?: string;
  readonly headers?: readonly string[];
  readonly client?: string;
  readonly tlsVersion?: string;
}

/** What `readRequest` needs of an exchange; there is no connection behind it. */
export function fakeExchange(line: RequestLine = {}): Exchange {
  const {
    method = 'GET',
    target = '/orders',
    httpVersion = '1.1',
    client = '192.0.2.7',
    tlsVersion = '',
  } = line;
  const isSecond = httpVersion === '2';
  return {
    connection: {
      listener: 'web',
      secure: tlsVersion !== '',
      tlsVersion,
      serverName: '',
      certificate: null,
      peer: parseIp(client) as Ip,
    },
    httpVersion,
    method,
    rawTarget: target,
    rawAuthority: isSecond ? 'api.test' : null,
    fields: FieldLines.fromFlat([...(isSecond ? [] : ['Host', 'api.test']), ...(line.headers ?? [])]),
    fault: null,
    hasBody: method !== 'GET',
    contentLength: -1,
  } as unknown as Exchange;
}

/** A configuration from its YAML; throws when it has mistakes. */
export function configOf(yaml: string): GatewayConfig {
  const { config, problems } = parseConfig(yaml, 'shape.yaml');
  if (config === null) throw new Error(problems.map(({ message }) => message).join(' '));
  return config;
}

export function readSettings({ limits, paths }: GatewayConfig): ReadSettings {
  return { limits, paths, trustedProxies: new CidrTrie<true>(), certificateFields: new Set() };
}
