import { startGateway } from '../../src/gateway.ts';

const tell = (message: object): void => console.log(JSON.stringify(message));

const gateway = await startGateway({
  source: { path: process.argv[2] as string },
  log: (level, message, fields) => tell({ level, message, ...fields }),
});
tell({ ready: { port: gateway.ports.web, journal: gateway.services.journalPath() } });
process.stdin.resume();
process.stdin.once('end', () => void gateway.close());
