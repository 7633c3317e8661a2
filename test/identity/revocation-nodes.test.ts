import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startIssuer } from '../support/issuer.ts';
import { hasPostgres, startPostgres } from '../support/postgres.ts';
import { start } from '../support/recording-upstream.ts';
import { keyHeader, type SharedGateway, startShared } from '../support/several-gateways.ts';
import { until } from '../support/test-gateway.ts';

const bearer = (token: string): string => `Authorization: Bearer ${token}\r\n`;

describe.runIf(hasPostgres())('two gateways on one PostgreSQL', () => {
  test('a token that is revoked at one is refused by both, and no token waits for the database', async () => {
    const [server, upstream, issuer] = await Promise.all([startPostgres(), start(), startIssuer()]);
    const at = server.createDatabase();
    const gateways: SharedGateway[] = [];
    try {
      for (const name of ['a', 'b'])
        gateways.push(await startShared({ name, at, upstreamPort: upstream.port, issuer, maxStaleS: 10 }));
      const [a, b] = gateways as [SharedGateway, SharedGateway];
      const [lost, kept] = [issuer.sign({ jti: 'lost' }), issuer.sign({ jti: 'kept' })];
      for (const text of [lost, kept])
        for (const { port } of gateways) expect((await ask(port, bearer(text), '/jwt')).status).toBe(200);

      const body = JSON.stringify({ issuer: 'https://issuer.example', jti: 'lost' });
      const answer = await a.admin('/v1/tokens/revocations', { method: 'POST', body });
      const told = (await answer.json()) as { nodes: { name: string; state: string; ms: number }[] };
      expect(answer.status).toBe(200);
      expect(told.nodes).toMatchObject([{ name: 'b', state: 'applied' }]);
      for (const { port } of gateways) {
        for (let i = 0; i < 10; i++) expect((await ask(port, bearer(lost), '/jwt')).status).toBe(401);
        expect((await ask(port, bearer(kept), '/jwt')).status).toBe(200);
      }

      const { key } = await a.createKey('k');
      expect((await ask(b.port, keyHeader(key))).status).toBe(200);
      await server.stop('immediate');
      const isOver = async () => (await ask(b.port, keyHeader(key))).status === 503;
      await until('keys are not answered any more', isOver, 30_000);
      expect((await ask(b.port, bearer(kept), '/jwt')).status).toBe(200);
      expect((await ask(b.port, bearer(lost), '/jwt')).status).toBe(401);
      const refused = await b.admin('/v1/tokens/revocations', { method: 'POST', body });
      expect(refused.status).toBe(503);
      await server.start();
    } finally {
      for (const { process } of gateways) process.kill('SIGKILL');
      await Promise.all(gateways.map(({ ended }) => ended));
      for (const { folder } of gateways) folder[Symbol.dispose]();
      await Promise.all([server[Symbol.asyncDispose](), upstream.close(), issuer[Symbol.asyncDispose]()]);
    }
  });
});
