import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GENERATED_FILES } from '../../tools/generated-files.ts';

const root = join(import.meta.dirname, '../..');

test.each(GENERATED_FILES.map((file) => [file.path, file] as const))('%s is fresh', (path, file) => {
  expect(readFileSync(join(root, path), 'utf8'), 'run `npm run generate`').toBe(file.content());
});
