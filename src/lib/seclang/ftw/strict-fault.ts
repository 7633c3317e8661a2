import { parseHost } from '../../http/host.ts';
import { HTTP1_FAULTS, type Http1Fault } from '../../http1/faults.ts';
import { CHUNKED, requestFraming } from '../../http1/framing.ts';
import { HeadReader } from '../../http1/head-reader.ts';
import { REQUEST_LINE } from '../../http1/request-line.ts';
import { parseTarget } from '../../uri/target.ts';
import type { Bytes } from '../bytes.ts';

const LIMITS = { startLineBytes: 65_536, fieldBytes: 1_048_576, fieldCount: 1_000 };

/**
 * Why the listener refuses a request before any rule sees it, as a sentence; '' when it does not.
 *
 * Shape: a body that is shorter than its length says is `body`: the listener waits for the rest and then closes.
 */
export function strictFault(request: Bytes): string {
  const bytes = Buffer.from(request, 'latin1');
  const reader = new HeadReader(REQUEST_LINE, LIMITS);
  let at = 0;
  while (!reader.isComplete && reader.fault === '' && at < bytes.length) at = reader.read(bytes, at);
  if (reader.fault !== '') return sentence(reader.fault);
  if (!reader.isComplete || reader.start === null) return 'the head does not end';
  const { start, lines } = reader;
  const framing = requestFraming(lines, start.version);
  if (typeof framing === 'string') return sentence(framing);
  if (framing !== CHUNKED && framing > bytes.length - at)
    return 'the body is shorter than its Content-Length';
  const hosts = lines.names.flatMap((name, index) =>
    name === 'host' ? [lines.values[index] as string] : [],
  );
  if (hosts.length > 1) return 'more than one Host field';
  if (hosts.length === 0 && start.version === '1.1') return 'no Host field';
  if (hosts[0] !== undefined && parseHost(hosts[0]) === null) return 'the Host field is not a host';
  if (start.method === 'CONNECT') return 'the method CONNECT';
  const target = parseTarget(start.method, start.target);
  return target.ok ? '' : `the target: ${target.problem}`;
}

const sentence = (fault: Http1Fault): string => HTTP1_FAULTS[fault];

/** The status that a fault is answered with. */
export const faultStatus = (fault: string): number => (fault === 'the method CONNECT' ? 405 : 400);
