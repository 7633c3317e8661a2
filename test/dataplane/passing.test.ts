import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { plainConfig, startTestGateway } from '../support/test-gateway.ts';

test('a request passes, is answered, and leaves one record', async () => {
  const upstream = createServer((socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as { port: number };
  await using gateway = await startTestGateway(plainConfig(port));
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/hello`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe('ok');
  const [record] = await gateway.records(1);
  expect(record?.portcullis.decision).toMatchObject({ effect: 'continue', reason: 'request.passed' });
  upstream.close();
});
