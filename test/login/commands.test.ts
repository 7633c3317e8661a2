import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { runNode } from '../support/run-node.ts';
import { startTestGateway } from '../support/test-gateway.ts';
import { logIn, logInAll, loginConfig, startLogins, times } from './world.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

test('`login blocked` shows who may not log in, and `login unblock` ends it', async () => {
  const upstream = await startLogins();
  const [adminPort] = await freePorts(1);
  const config = loginConfig(upstream.port, {}, { admin: { port: adminPort } });
  await using gateway = await startTestGateway(config);
  const cli = (...args: string[]) => runNode(MAIN, ['login', ...args], { cwd: gateway.dir });
  expect((await cli('blocked')).out).toContain('No address is blocked.');
  await logInAll(gateway.port, times(6));
  expect((await cli('blocked')).out).toMatch(/ADDRESS[\s\S]*192\.0\.2\.7 +web +login\.blocked +20\d\d-/);
  expect(await cli('unblock', '192.0.2.8')).toMatchObject({ code: 1 });
  expect(await cli('unblock', 'nonsense')).toMatchObject({ code: 1 });
  expect((await logIn(gateway.port, { password: 'right' })).status).toBe(429);
  const ended = await cli('unblock', '192.0.2.7', '--json');
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(ended.out)).toEqual({ address: '192.0.2.7', ended: 1 });
  expect((await logIn(gateway.port, { password: 'right' })).status).toBe(200);
  await upstream.close();
});
