import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { exchange } from '../support/raw-client.ts';
import { seeded } from '../support/seeded.ts';
import { type JournalRecord, plainConfig, until } from '../support/test-gateway.ts';
import { Chooser, mutate } from './mutate.ts';

const ANSWERS = Number(process.env.FUZZ_ANSWERS ?? 5_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_102);
const AT_ONCE = 16;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';

const CORPUS = [
  `${HEAD}Content-Length: 5\r\n\r\nhello`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  `${HEAD}Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: a\tb\r\n\r\n`,
  `${HEAD}\r\nuntil the end`,
  `${HEAD}Connection: close, X-A\r\nX-A: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 2\r\n\r\nok`,
  'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 500\r\n\r\n',
  `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${HEAD}Content-Length: 2\r\n\r\nok`,
  'HTTP/1.0 500 Oops\r\nServer: x\r\n\r\nstack trace',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
];

test(`${ANSWERS} mutated answers of an upstream end every request in order (seed ${SEED})`, async () => {
  const choose = new Chooser(seeded(SEED));
  const upstream = createServer((socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => {
      socket.write(mutate(choose.from(CORPUS), choose), 'latin1');
      if (choose.chance(0.7)) socket.end();
      else setTimeout(() => socket.destroy(), 20);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as { port: number };
  const passive = { failures: 1_000, ejectMs: 100 };
  const origin = `http://127.0.0.1:${port}`;
  await using gateway = await startGatewayProcess(
    plainConfig(port, {
      // One client walks through thousands of numbers, which is told of.
      defaults: { behaviour: { mode: 'off' } },
      apis: [
        { id: 'web', path: '/', upstream: { targets: [origin], passive }, authenticate: 'none', retries: 0 },
      ],
    }),
  );
  const takesTrailers = 'TE: trailers\r\nConnection: TE\r\n';
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const problems: string[] = [];
  let sent = 0;
  const ask = async (): Promise<void> => {
    while (sent < ANSWERS) {
      const number = sent++;
      const fields = choose.from(['', '', takesTrailers, upgrade]);
      const method = choose.from(['GET', 'GET', 'HEAD', 'POST']);
      const request = `${method} /${number} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;
      const options = { methods: [method], expect: 1, idleMs: 5_000 };
      const { responses, problem, closed } = await exchange(gateway.port, request, options);
      if (problem !== '') problems.push(problem);
      if (responses.length === 0 && closed === 'open') problems.push(`no answer to ${number}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  expect([...new Set(problems)]).toEqual([]);
  const records = (): JournalRecord[] =>
    gateway
      .journal()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JournalRecord);
  await until('a record for every request', () => records().length >= ANSWERS);
  expect(new Set(records().map((record) => record['url.path'])).size).toBe(ANSWERS);
  expect(records()).toHaveLength(ANSWERS);
  expect(gateway.log.filter((line) => !line.includes('"level":"info"'))).toEqual([]);
  upstream.close();
});
