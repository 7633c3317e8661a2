import { createInterface } from 'node:readline';
import { startGateway } from '../../src/gateway.ts';
import { collectGarbage } from './collect-garbage.ts';

const tell = (message: object): void => console.log(JSON.stringify(message));

const gateway = await startGateway({
  source: { path: process.argv[2] as string },
  log: (level, message, fields) => tell({ level, message, ...fields }),
});
tell({ ready: { port: gateway.ports.web, journal: gateway.services.journalPath() } });
createInterface(process.stdin)
  .on('line', async () => tell({ collected: await collectGarbage() }))
  .once('close', () => void gateway.close());
