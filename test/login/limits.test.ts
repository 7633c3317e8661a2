import { describe, expect, test } from 'vitest';
import { openRawClient } from '../support/raw-client.ts';
import { startTestGateway, until } from '../support/test-gateway.ts';
import { logIn, logInAll, loginBytes, loginConfig, says, startLogins, times } from './world.ts';

const named = { userName: { field: 'username' } };

describe('one address', () => {
  test('has six failures; then it is refused, whatever the password, and the upstream hears nothing of it', async () => {
    const upstream = await startLogins();
    await using gateway = await startTestGateway(loginConfig(upstream.port, named));
    expect(await logInAll(gateway.port, times(8))).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
    const wrong = await logIn(gateway.port);
    const right = await logIn(gateway.port, { password: 'right' });
    expect(right.status).toBe(429);
    const withoutId = (body: string) => ({ ...JSON.parse(body), request_id: '', retry_after: 0 });
    expect(withoutId(right.body)).toEqual(withoutId(wrong.body));
    expect(JSON.parse(right.body)).toMatchObject({ title: 'Too many attempts to log in', status: 429 });
    expect(Number(right.fields['retry-after'])).toBeGreaterThan(1790);
    expect(Number(right.fields['retry-after'])).toBeLessThanOrEqual(1801);
    expect(upstream.requests).toHaveLength(6);
    expect(await logInAll(gateway.port, [{ from: '192.0.2.8', password: 'right' }])).toEqual([200]);
    const records = await gateway.records(11);
    const decided = records.map(
      ({ portcullis }) => `${portcullis.decision.reason} ${portcullis.decision.stage}`,
    );
    expect(decided.filter((each) => each === 'login.blocked login')).toHaveLength(4);
    expect(JSON.stringify(records)).not.toContain('alice');
    await upstream.close();
  });

  test('cannot buy failures with an account of its own', async () => {
    const upstream = await startLogins();
    await using gateway = await startTestGateway(loginConfig(upstream.port, named));
    const own = { user: 'mallory', password: 'right' };
    const logins = times(8).flatMap((login) => [login, own]);
    expect(await logInAll(gateway.port, logins)).toEqual([
      ...Array.from({ length: 5 }, () => [401, 200]).flat(),
      401,
      ...times(5).map(() => 429),
    ]);
    await upstream.close();
  });

  test('that tries many user names is told of as credential stuffing', async () => {
    const upstream = await startLogins();
    const block = { ...named, failures: 50, stuffing: { userNames: 3 } };
    await using gateway = await startTestGateway(loginConfig(upstream.port, block));
    const logins = ['a', 'b', 'A ', 'c', 'b', 'd', 'e'].map((user) => ({ user }));
    expect(await logInAll(gateway.port, logins)).toEqual([401, 401, 401, 401, 401, 401, 429]);
    const records = await gateway.records(7);
    expect(records.map(({ portcullis }) => portcullis.decision.reason)).toContain('login.stuffing');
    const notices = async () =>
      (
        (await (await gateway.admin('/v1/notices')).json()) as {
          notices: { kind: string; payload: object }[];
        }
      ).notices;
    await until('the notice is kept', async () => (await notices()).length > 0);
    expect(await notices()).toEqual([
      expect.objectContaining({
        kind: 'login.stuffing',
        payload: expect.objectContaining({ address: '192.0.2.7', realm: 'web' }),
      }),
    ]);
    await upstream.close();
  });
});

describe.each([
  ['with the user name read', named],
  ['without', {}],
])('parallel logins on two threads, %s', (_, block) => {
  test('64 at once: exactly six reach the upstream', async () => {
    const upstream = await startLogins(() => [{ waitMs: 300 }, { write: says(401, 'no') }]);
    await using gateway = await startTestGateway(loginConfig(upstream.port, block, { threads: 2 }));
    for (let round = 0; round < 3; round++) {
      const from = `198.51.100.${round}`;
      const answers = await Promise.all(times(64, { from }).map((login) => logIn(gateway.port, login)));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(6);
      expect(statuses.filter((status) => status === 429)).toHaveLength(58);
      expect(upstream.requests).toHaveLength(6 * (round + 1));
    }
    await upstream.close();
  });

  test('64 that give up before the answer: exactly six reach the upstream, and all count', async () => {
    const upstream = await startLogins(() => null);
    await using gateway = await startTestGateway(loginConfig(upstream.port, block, { threads: 2 }));
    const clients = await Promise.all(times(64).map(() => openRawClient(gateway.port)));
    await Promise.all(clients.map((client) => client.write(loginBytes())));
    await until('six logins arrived', () => upstream.requests.length >= 6);
    await until('the others were refused', async () => {
      const answered = clients.map((client) => client.read(1, 1));
      return (await Promise.all(answered)).filter(({ responses }) => responses.length > 0).length >= 58;
    });
    for (const client of clients) client.socket.resetAndDestroy();
    await until('the address is blocked', async () => {
      const { status, fields } = await logIn(gateway.port);
      return status === 429 && Number(fields['retry-after']) > 60;
    });
    expect(upstream.requests).toHaveLength(6);
    await upstream.close();
  });
});
