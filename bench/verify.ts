import { probe } from './probe.ts';
import { fillIn, requestText, type Scenario, type ScenarioId, type Scheme } from './scenarios.ts';
import type { Subject, SubjectKind } from './subject.ts';
import { upstreamBody } from './upstream.ts';

/** What an answer of a guarding subject must show, so that the work measured is really done. */
const EXPECTED_HEAD: Partial<Record<ScenarioId, readonly RegExp[]>> = {
  key: [/^access-control-allow-origin: https:\/\/app\.example\.com/im, /^x-ratelimit-limit|^ratelimit/im],
};

/** How to spoil a request so that a guarding subject must refuse it. */
const SPOIL: Partial<Record<ScenarioId, (text: string) => string>> = {
  key: (text) => text.replace(/X-API-Key: .*\r\n/, ''),
  jwt: (text) =>
    text.replace(/(Bearer [^.]+\.[^.]+\.)(.)/, (_, before, first) => before + (first === 'A' ? 'B' : 'A')),
  json: (text) => text.replace('\r\n\r\n{', '\r\n\r\n['),
};

/** Checks that a subject answers a scenario as it should; throws a sentence. Returns what TLS came to. */
export async function verify(
  kind: SubjectKind,
  subject: Subject,
  scenario: Scenario,
  scheme: Scheme,
  token: string,
): Promise<string> {
  const text = fillIn(requestText(scenario, ['Connection: close']), { key: subject.key, token });
  const what = `${kind.title}, ${scenario.title}, ${scheme}`;
  const answer = await probe(scheme, subject.ports[scheme], text);
  if (answer.status !== 200 || answer.body !== upstreamBody(scenario)) {
    throw new Error(
      `${what}: the answer is not the upstream's: ${answer.head.split('\r\n')[0]}, ${answer.body.length} bytes: ${answer.body.slice(0, 300)}`,
    );
  }
  if (scheme === 'https' && !answer.tls.startsWith('TLSv1.3 '))
    throw new Error(`${what}: speaks ${answer.tls}.`);
  if (kind.guards) await verifyGuard(what, answer.head, subject, scenario, scheme, text);
  return answer.tls;
}

async function verifyGuard(
  what: string,
  head: string,
  subject: Subject,
  scenario: Scenario,
  scheme: Scheme,
  text: string,
): Promise<void> {
  const missing = (EXPECTED_HEAD[scenario.id] ?? []).find((pattern) => !pattern.test(head));
  if (missing !== undefined) throw new Error(`${what}: the answer lacks ${missing.source}.`);
  const spoil = SPOIL[scenario.id];
  if (spoil === undefined) return;
  const { status } = await probe(scheme, subject.ports[scheme], spoil(text));
  if (status < 400 || status > 499) throw new Error(`${what}: a request to refuse was answered ${status}.`);
}
