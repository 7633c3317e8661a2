import { parseArgs } from 'node:util';
import { startSampleApi } from './server.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '3000' }, host: { type: 'string', default: '127.0.0.1' } },
});

try {
  const api = await startSampleApi({ port: Number(values.port), host: values.host });
  console.log(`sample-api listens on http://${values.host}:${api.port}/api/v1`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void api.close());
} catch (error) {
  console.error(`sample-api cannot listen on ${values.host}:${values.port}: ${(error as Error).message}`);
  process.exitCode = 1;
}
