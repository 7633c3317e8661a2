/*
 * Transcripts: whole gateways, told as text. Each `*.txt` file beside this one is
 *
 *   a remark
 *   --- config            YAML laid over the shared configuration below; {upstream} is the URL of the recording upstream.
 *                         The WAF is off unless there is a block `waf`
 *   --- key NAME          YAML body of `key create`; `revoked: true` revokes it afterwards. {NAME} is the key
 *   --- token NAME        YAML of a JWT: header, claims (now+900 is a time, null takes a claim away), signedBy
 *                         (issuer, stranger, hmac, nobody); the key set is the file jwks.json. {NAME} is the token
 *   --- case TITLE        and then for each case:
 *   --- request           as on the wire; `\r \n \t \0 \xHH` are bytes, a body without framing gets a Content-Length.
 *                         `--- request, 3 times` sends it three times and looks at what came of the last
 *   --- reply             what the upstream answers; 200 and `ok` when left out
 *   --- answer            status, then lines: `Name: value`, `! Name` (absent), `= body`, `~ regexp the body matches`
 *   --- upstream          `nothing`, or method and target, then lines as above
 *   --- journal           `effect reason stage`, then lines: `member: value` of the record, `detail: value`,
 *                         `! text` (nowhere in the record), and, when one is given, every check in order:
 *                         `- stage.phase [mode] verdict [reason]`, the mode where it is not enforce
 *
 * A value `*` is any, `~…` a regular expression. Cases of one file share a gateway and run in order.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, type Reply, start } from '../support/recording-upstream.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { jwksText, tokenFrom } from './credentials.ts';
import { expectAnswer, expectJournal, expectUpstream } from './expectations.ts';
import { parseTranscript, type Transcript, type TranscriptCase } from './parse-transcript.ts';
import { methodOf, wireText } from './wire.ts';

const SHARED = {
  version: 1,
  threads: 1,
  dataDir: './data',
  listeners: [{ name: 'web', host: '127.0.0.1', port: 0 }],
  admin: { port: 0 },
};

/** A gateway with an upstream that answers as the case at hand says. */
class World {
  upstream!: RecordingUpstream;
  gateway!: TestGateway;
  readonly #names = new Map<string, string>();
  #reply: Reply = '';
  #sent = 0;

  async open({ config, keys, tokens }: Transcript): Promise<void> {
    const ok = wireText('HTTP/1.1 200 OK\nContent-Type: text/plain\n\nok');
    this.upstream = await start({ respond: () => (this.#reply === '' ? ok : this.#reply) });
    this.#names.set('upstream', `http://127.0.0.1:${this.upstream.port}`);
    const own = parse(this.#fill(config)) as { defaults?: object };
    // Rules are told of where they are in the configuration; elsewhere their checks would stand in every journal record.
    const isTold = /\bwaf:/.test(config);
    const defaults = isTold ? own.defaults : { waf: { mode: 'off' }, ...own.defaults };
    this.gateway = await startTestGateway(
      { ...SHARED, ...own, ...(defaults && { defaults }) },
      { 'jwks.json': jwksText() },
    );
    const nowS = Math.floor(Date.now() / 1000);
    for (const [name, text] of tokens) this.#names.set(name, tokenFrom(text, nowS));
    for (const [name, text] of keys) await this.#createKey(name, text);
  }

  async close(): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.upstream.close();
  }

  async play(spec: TranscriptCase): Promise<void> {
    this.#reply = spec.reply === '' ? '' : wireText(spec.reply);
    const bytes = wireText(this.#fill(spec.request));
    const options = { expect: 1, methods: [methodOf(spec.request)] };
    for (let i = 1; i < spec.times; i++) await exchange(this.gateway.port, bytes, options);
    this.upstream.clear();
    const { responses, problem } = await exchange(this.gateway.port, bytes, options);
    this.#sent += spec.times;
    expect(problem, 'what the client could not read').toBe('');
    expectAnswer(
      responses.find(({ status }) => status >= 200 || status === 101),
      this.#fill(spec.answer),
    );
    expectUpstream(this.upstream.requests, this.#fill(spec.upstream));
    const records = await this.gateway.records(this.#sent);
    expect(records).toHaveLength(this.#sent);
    expectJournal(records.at(-1) as (typeof records)[number], this.#fill(spec.journal));
  }

  #fill(text: string): string {
    return text.replace(/\{([a-z][a-z0-9-]*)\}/g, (whole, name: string) => this.#names.get(name) ?? whole);
  }

  async #createKey(name: string, text: string): Promise<void> {
    const { revoked = false, ...body } = (parse(text) ?? {}) as { revoked?: boolean };
    const { key, id } = await this.gateway.createKey({ name, ...body });
    this.#names.set(name, key);
    if (revoked) await this.gateway.admin(`/v1/keys/${id}`, { method: 'DELETE' });
  }
}

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

describe.each(files)('%s', (file) => {
  const transcript = parseTranscript(readFileSync(join(import.meta.dirname, file), 'utf8'));
  const world = new World();
  beforeAll(() => world.open(transcript));
  afterAll(() => world.close());

  test.each(transcript.cases.map((spec) => [`${spec.title} (line ${spec.line})`, spec] as const))(
    '%s',
    async (_, spec) => world.play(spec),
  );
});
