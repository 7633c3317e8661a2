import { afterEach, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { freePorts } from '../support/free-ports.ts';
import { askRecorded } from '../support/recorded.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const HEALTH = { path: '/health', intervalMs: 100, timeoutMs: 200, healthyAfter: 2, unhealthyAfter: 3 };

/** A target whose health a test decides. */
interface Patient extends RecordingUpstream {
  status: number;
}

const open: Patient[] = [];
afterEach(() => Promise.all(open.splice(0).map((upstream) => upstream.close())));

async function admit(name: string): Promise<Patient> {
  const upstream = await start({
    respond: ({ target }) => {
      const status = target === '/health' ? patient.status : 200;
      return status === 0 ? [] : `HTTP/1.1 ${status} X\r\nContent-Length: ${name.length}\r\n\r\n${name}`;
    },
  });
  const patient: Patient = Object.assign(Object.create(upstream) as RecordingUpstream, { status: 200 });
  open.push(patient);
  return patient;
}

function configOf(targets: readonly Patient[], more: object = {}): object {
  const upstream = {
    targets: targets.map(({ port }) => `http://127.0.0.1:${port}`),
    health: HEALTH,
    ...more,
  };
  return plainConfig(1, { threads: 2, apis: [{ id: 'web', path: '/', upstream, authenticate: 'none' }] });
}

async function answers(gateway: TestGateway): Promise<string[]> {
  const all = await Promise.all(Array.from({ length: 24 }, () => ask(gateway.port)));
  return [...new Set(all.map(({ status, body }) => (status === 200 ? body : String(status))))].sort();
}

const problems = (gateway: TestGateway) => gateway.gateway.services.status().problems;

test('out after three bad checks, back after two good ones, told in log and status', async () => {
  const [a, b] = [await admit('a'), await admit('b')];
  await using gateway = await startTestGateway(configOf([a, b]));
  expect(await answers(gateway)).toEqual(['a', 'b']);
  b.clear();
  b.status = 500;
  await until('b is out', () => problems(gateway).length === 1);
  expect(b.requests.filter(({ target }) => target === '/health').length).toBeGreaterThanOrEqual(3);
  expect(problems(gateway)).toEqual([`Target http://127.0.0.1:${b.port} of web is out: it answered 500.`]);
  expect(await answers(gateway)).toEqual(['a']);

  a.status = 0;
  await until('a is out as well', () => problems(gateway).length === 2);
  expect(problems(gateway)[1]).toMatch(/is out: it did not answer within 200 ms|Timeout/);
  const refused = await askRecorded(gateway);
  expect(refused).toMatchObject({ status: 503, reason: 'upstream.unhealthy', attempts: 0 });

  [a.status, b.status] = [200, 200];
  await until('both are back', () => problems(gateway).length === 0);
  expect(await answers(gateway)).toEqual(['a', 'b']);
  const told = gateway.log.filter(({ message }) => message.startsWith('Target'));
  expect(told.map(({ level }) => level).sort()).toEqual(['info', 'info', 'warn', 'warn']);
});

test('a target that was out stays out when a reload makes new connections or other checks', async () => {
  const [a, b] = [await admit('a'), await admit('b')];
  await using gateway = await startTestGateway(configOf([a, b]));
  b.status = 500;
  await until('b is out', () => problems(gateway).length === 1);
  gateway.writeConfig(configOf([a, b], { connections: 7 }));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  expect(await answers(gateway)).toEqual(['a']);
  gateway.writeConfig(configOf([a, b], { connections: 7, health: { ...HEALTH, unhealthyAfter: 100 } }));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  expect(await answers(gateway)).toEqual(['a']);
  b.status = 200;
  await until('b is back', () => problems(gateway).length === 0);
  expect(await answers(gateway)).toEqual(['a', 'b']);
});

test('a target that is no longer checked is asked again', async () => {
  const [a, b] = [await admit('a'), await admit('b')];
  await using gateway = await startTestGateway(configOf([a, b]));
  b.status = 500;
  await until('b is out', () => problems(gateway).length === 1);
  gateway.writeConfig(configOf([a, b], { health: undefined }));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  expect(problems(gateway)).toEqual([]);
  expect(await answers(gateway)).toEqual(['a', 'b']);
});

test('a name whose every address refuses is out, although that error has no text', async () => {
  const [port = 0] = await freePorts(1);
  const upstream = { targets: [`http://localhost:${port}`], health: { ...HEALTH, unhealthyAfter: 1 } };
  const apis = [{ id: 'web', path: '/', upstream, authenticate: 'none' }];
  await using gateway = await startTestGateway(plainConfig(1, { apis }));
  await until('it is out', () => problems(gateway).length === 1);
  expect(problems(gateway)[0]).toMatch(/^Target http:\/\/localhost:\d+ of web is out: .*ECONNREFUSED/);
});
