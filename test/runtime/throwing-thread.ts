import { parentPort } from 'node:worker_threads';
import '../../src/runtime/thread.ts';

/** A data-plane thread that throws, as often as it is told, where nothing catches it. */
parentPort?.on('message', (message: { type: string; times: number }) => {
  if (message.type !== 'throw') return;
  for (let i = 0; i < message.times; i++) {
    setImmediate(() => {
      throw new Error('a stray exception');
    });
  }
});
