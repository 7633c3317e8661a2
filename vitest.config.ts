import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'dist/**'];

/** File for a report that programs can read, beside what is shown. */
const report = process.env.PORTCULLIS_TEST_REPORT ?? '';

/**
 * V8 of Node 24 now and then ends a process with SIGSEGV in a collection while frames of its baseline compiler are on the stack
 * (nodejs/node 62393): a test process lost in this way takes a file with it that has nothing to do with it.
 */
const execArgv = ['--no-sparkplug'];

/** Two projects: `unit` runs in seconds and opens no process; `real` starts whole gateways and real servers. */
export default defineConfig({
  test: {
    reporters: report === '' ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        test: {
          name: 'unit',
          execArgv,
          // Nothing is measured by it: a busy machine is slow.
          testTimeout: 60_000,
          include: [
            'src/**/*.test.ts',
            'examples/**/*.test.ts',
            'test/arch/**/*.test.ts',
            'test/shape/**/*.test.ts',
          ],
          exclude,
        },
      },
      {
        test: {
          name: 'real',
          execArgv,
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, 'test/arch/**', 'test/shape/**'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
