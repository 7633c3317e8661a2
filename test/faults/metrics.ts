import { readdirSync, readlinkSync } from 'node:fs';
import { type TestGateway, until } from '../support/test-gateway.ts';

/** Sum over all threads of a metric of a gateway. */
export async function metricOf(gateway: TestGateway, name: string): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
  if (lines.length === 0) throw new Error(`no metric ${name} in\n${text}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Waits until no client connection is open. */
export async function untilNoConnection(gateway: TestGateway): Promise<void> {
  const isEmpty = async () => (await metricOf(gateway, 'portcullis_connections')) === 0;
  await until('every connection is closed', isEmpty, 15_000);
}

/** Sockets that a process holds. */
export function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
