import { createHash, randomBytes } from 'node:crypto';
import { Unavailable } from '../../core/errors.ts';
import type { Clock, StatusAnswer, StatusQuestion } from '../../core/ports.ts';
import { ocspRequest } from '../../lib/x509/ocsp.ts';
import { PathCertificate } from '../../lib/x509/path-certificate.ts';
import { isHttpUrl } from '../../lib/x509/responder-url.ts';
import { judgeResponse, unavailable } from './judge-response.ts';
import { StatusCache } from './status-cache.ts';

const MAX_ANSWERS = 10_000;
const NONCE_BYTES = 32;
/** Questions under way to one responder, and those that wait for their turn. */
const MAX_ASKING = 32;
const MAX_WAITING = 2_000;

/** What asking needs of the outside world. */
export interface ResponderPorts {
  readonly clock: Clock;
  ask(url: string, request: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
}

/** One responder: how many ask it, and since when it does not answer. */
interface Line {
  asking: number;
  readonly waiting: (() => void)[];
  downUntilMs: number;
  problem: string;
}

/** Names a question: the certificate, whom to ask about it, and how old an answer may be. */
export function keyOfQuestion({ certificate, issuer, responder, nonce, maxAgeS }: StatusQuestion): string {
  const digest = createHash('sha256').update(certificate).update(issuer).digest('base64');
  return `${digest} ${nonce} ${maxAgeS} ${responder}`;
}

/**
 * Asks OCSP responders (RFC 6960) on behalf of all threads.
 *
 * Safety: a responder that does not answer is left alone for five seconds, during which everybody is told so at once.
 */
export class Responders {
  readonly #ports: ResponderPorts;
  readonly #cache: StatusCache;
  readonly #lines = new Map<string, Line>();

  constructor(ports: ResponderPorts) {
    this.#ports = ports;
    this.#cache = new StatusCache(MAX_ANSWERS, () => ports.clock.nowMs());
  }

  /** Never rejects. */
  async ask(question: StatusQuestion): Promise<StatusAnswer> {
    return this.#cache.get(keyOfQuestion(question), () => this.#askSafely(question));
  }

  async #askSafely(question: StatusQuestion): Promise<StatusAnswer> {
    const line = this.#lineOf(question.responder);
    const nowMs = () => this.#ports.clock.nowMs();
    if (nowMs() < line.downUntilMs) return unavailable(line.problem, nowMs());
    if (line.asking >= MAX_ASKING) {
      if (line.waiting.length >= MAX_WAITING) {
        return unavailable(`Too many questions wait for the OCSP responder ${question.responder}.`, nowMs());
      }
      await new Promise<void>((resolve) => line.waiting.push(resolve));
      if (nowMs() < line.downUntilMs) return this.#leave(line, unavailable(line.problem, nowMs()));
    } else line.asking++;
    return this.#leave(line, await this.#askNow(question, line));
  }

  /** Hands the turn on. */
  #leave(line: Line, answer: StatusAnswer): StatusAnswer {
    const next = line.waiting.shift();
    if (next === undefined) line.asking--;
    else next();
    return answer;
  }

  async #askNow(question: StatusQuestion, line: Line): Promise<StatusAnswer> {
    const { responder, timeoutMs, maxAgeS } = question;
    const { clock } = this.#ports;
    const certificate = PathCertificate.open(question.certificate);
    const issuer = PathCertificate.open(question.issuer);
    if (certificate === null || issuer === null || !isHttpUrl(responder)) {
      return unavailable(
        `The OCSP responder ${responder} cannot be asked about this certificate.`,
        clock.nowMs(),
      );
    }
    const nonce = question.nonce ? randomBytes(NONCE_BYTES) : new Uint8Array(0);
    try {
      const bytes = await this.#ports.ask(
        responder,
        ocspRequest(certificate.facts, issuer.facts, nonce),
        timeoutMs,
      );
      const asked = { certificate, issuer, responder, nonce, maxAgeMs: maxAgeS * 1000 };
      return judgeResponse(bytes, asked, clock.nowMs());
    } catch (error) {
      const sentence =
        error instanceof Unavailable ? error.message : `The OCSP responder ${responder} failed.`;
      const answer = unavailable(sentence, clock.nowMs());
      line.downUntilMs = answer.untilMs;
      line.problem = sentence;
      return answer;
    }
  }

  #lineOf(responder: string): Line {
    const known = this.#lines.get(responder);
    if (known !== undefined) return known;
    const line: Line = { asking: 0, waiting: [], downUntilMs: 0, problem: '' };
    this.#lines.set(responder, line);
    return line;
  }
}
