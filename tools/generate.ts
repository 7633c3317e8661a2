import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GENERATED_FILES } from './generated-files.ts';

const root = join(import.meta.dirname, '..');
for (const file of GENERATED_FILES) {
  const path = join(root, file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.content());
  console.log(file.path);
}
