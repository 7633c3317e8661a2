import { Session } from 'node:inspector';

interface Attached {
  params: { sessionId: string };
}
interface Received {
  params: { sessionId: string; message: string };
}

/**
 * Makes every thread of this process collect its garbage, and resolves to their number.
 * Resident memory without this says mostly how long ago V8 last did so by itself.
 */
export async function collectGarbage(): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    const workers = await attachToWorkers(session);
    await post(session, 'HeapProfiler.collectGarbage');
    for (const sessionId of workers) await collectIn(session, sessionId);
    return 1 + workers.length;
  } finally {
    session.disconnect();
  }
}

function post(session: Session, method: string, params: object = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Ids of the sessions, one for each thread that runs beside this one. */
async function attachToWorkers(session: Session): Promise<string[]> {
  const ids: string[] = [];
  session.on('NodeWorker.attachedToWorker', ({ params }: Attached) => ids.push(params.sessionId));
  await post(session, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
  return ids;
}

function collectIn(session: Session, sessionId: string): Promise<void> {
  const message = JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' });
  return new Promise((resolve, reject) => {
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }: Received) => {
      if (params.sessionId === sessionId && JSON.parse(params.message).id === 1) resolve();
    });
    post(session, 'NodeWorker.sendMessageToWorker', { sessionId, message }).catch(reject);
  });
}
