import { isListening } from './probe.ts';
import { findFreePort, findProgram } from './processes.ts';
import type { Rig } from './subject.ts';

/** Starts an empty redis-server that keeps everything in memory; returns its port. */
export async function startRedis(rig: Rig): Promise<number> {
  const port = await findFreePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const running = rig.processes.start(`redis-${port}`, findProgram('redis-server'), args, { cpus: '' });
  await running.waitUntil(() => isListening(port), 5000);
  return port;
}
