import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.ts';

export interface LoadOptions {
  /** Where the subject listens, such as `https://127.0.0.1:8443`. */
  readonly origin: string;
  readonly requestPath: string;
  /** A file of tokens that the requests use up; '' when the request has none. */
  readonly tokensPath: string;
  readonly seconds: number;
  readonly connections: number;
  readonly threads: number;
  readonly cpus: string;
  readonly signal: AbortSignal;
  /** Whether every answer is to be a refusal; absent: none may be. */
  readonly expectsRefusals?: boolean;
}

export interface LoadResult {
  /** Requests sent; the last few may lack their answer. */
  readonly requests: number;
  /** Received, header fields and unfinished answers included. */
  readonly bytes: number;
  /** 0 where tokens ended the run: wrk then still waits for its time to pass. */
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const SCRIPT = fileURLToPath(new URL('./wrk.lua', import.meta.url));

/**
 * Sends load with wrk over keep-alive connections; throws when a single request failed.
 *
 * Shape: counts what was sent and not what was answered, because the subject has worked on all of it when the run ends.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const output = await runWrk(options);
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk said nothing that can be read: ${output.trim()}`);
  const { sent, requests, bytes, durationUs, p50Us, p99Us, ...failures } = JSON.parse(line) as Record<
    string,
    number
  >;
  const allowed = options.expectsRefusals === true ? requests : 0;
  const failed = Object.entries(failures).filter(
    ([kind, count]) => count > 0 && (kind !== 'status' || count !== allowed),
  );
  if (requests === 0) throw new Error(`${options.origin} answered no request.`);
  if (failed.length > 0) {
    const kinds = failed.map(([kind, count]) => `${count} ${kind}`).join(', ');
    throw new Error(`Requests to ${options.origin} failed (${kinds} errors of ${requests} requests).`);
  }
  const perSecond = options.tokensPath === '' ? (requests! * 1e6) / durationUs! : 0;
  return { requests: sent!, bytes: bytes!, perSecond, p50Us: p50Us!, p99Us: p99Us! };
}

function runWrk(options: LoadOptions): Promise<string> {
  const { origin, requestPath, tokensPath, seconds, connections, threads } = options;
  const size = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '5s'];
  const files = tokensPath === '' ? [requestPath] : [requestPath, tokensPath];
  return runToEnd(options, 'wrk', [...size, '-s', SCRIPT, `${origin}/`, '--', ...files]);
}
