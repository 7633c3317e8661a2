import { exchange, type RawOptions, type RawResponse } from '../support/raw-client.ts';
import { type RecordingUpstream, type Reply, start } from '../support/recording-upstream.ts';
import {
  type JournalRecord,
  plainConfig,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.ts';

/** Rules for tests: a word in whatever a request brings, and another one in whatever an answer brings. */
export const RULES = `
SecDefaultAction "phase:2,deny,status:403,log"
SecRule REQUEST_LINE|REQUEST_HEADERS|REQUEST_HEADERS_NAMES|REQUEST_COOKIES|ARGS|ARGS_NAMES "@contains xattackx" \\
  "id:1001,phase:2,deny,t:none,t:urlDecodeUni,t:lowercase,tag:'attack-sqli',severity:CRITICAL,msg:'A word'"
SecRule REQUEST_BODY|FILES|FILES_NAMES|XML:/* "@contains xattackx" \\
  "id:1002,phase:2,deny,t:none,t:lowercase,tag:'attack-xss',msg:'A word in a body'"
SecRule REQUEST_HEADERS:X-Early "@streq yes" "id:1003,phase:1,deny,status:406"
SecRule REQUEST_HEADERS:X-Early "@streq drop" "id:1004,phase:1,drop"
SecRule RESPONSE_HEADERS:X-Leak "@contains xleakx" "id:1005,phase:3,deny"
SecRule RESPONSE_BODY "@contains xleakx" "id:1006,phase:4,deny,tag:'attack-disclosure'"
SecRule ARGS:password "@contains xnotedx" "id:1007,phase:2,pass,log"
SecRule ARGS:comment "@rx xno(te)dx" "id:1008,phase:2,pass,log,capture"
SecRule RESPONSE_STATUS "@streq 999" "id:1009,phase:3,pass,nolog"
`;

/** A gateway with rules, an upstream behind it that answers as told, and what became of requests. */
export interface WafWorld extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: RecordingUpstream;
  /** What the upstream answers from now on; '' for 200 and `ok`. */
  answer(reply: Reply): void;
  send(request: string | Buffer, options?: RawOptions): Promise<RawResponse | undefined>;
  /** Sends and gives back the journal record as well. */
  record(request: string | Buffer): Promise<{ response: RawResponse | undefined; record: JournalRecord }>;
}

/** Starts a world whose block `waf` is laid over one that includes `RULES`. */
export async function openWafWorld(
  block: object = {},
  more: { config?: object; files?: Record<string, string>; api?: object } = {},
): Promise<WafWorld> {
  let reply: Reply = '';
  const ok = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';
  const upstream = await start({ respond: () => (reply === '' ? ok : reply) });
  const plain = plainConfig(upstream.port) as { apis: object[] };
  const apis = [
    { ...plain.apis[0], waf: { mode: 'enforce', include: ['rules.conf'], ...block }, ...more.api },
  ];
  const config = { ...plain, apis, ...more.config };
  const gateway = await startTestGateway(config, { 'rules.conf': RULES, ...more.files });
  let sent = 0;
  const send = async (
    request: string | Buffer,
    options: RawOptions = {},
  ): Promise<RawResponse | undefined> => {
    sent++;
    const method = String(request).split(' ', 1)[0] as string;
    const { responses } = await exchange(gateway.port, request, { expect: 1, methods: [method], ...options });
    return responses.find(({ status }) => status >= 200);
  };
  return {
    gateway,
    upstream,
    answer: (next) => {
      reply = next;
    },
    send,
    async record(request) {
      const response = await send(request);
      const records = await gateway.records(sent);
      return { response, record: records[sent - 1] as JournalRecord };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

/** A request as on the wire, with Host and, for a body, its length. */
export function request(line: string, fields: readonly string[] = [], body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body);
  const isFramed = fields.some((field) => /^(?:content-length|transfer-encoding):/i.test(field));
  const length = bytes.length > 0 && !isFramed ? [`Content-Length: ${bytes.length}`] : [];
  const head = [`${line} HTTP/1.1`, 'Host: api.test', ...length, ...fields, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** A body in chunks of some bytes. */
export function chunked(body: Buffer, bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += bytes) {
    const piece = body.subarray(at, at + bytes);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
