import { configJsonSchema } from '../src/config/json-schema.ts';
import { configurationPage } from './configuration-page.ts';
import { reasonsPage } from './reasons-page.ts';
import { seclangPage } from './seclang-page.ts';

/** A file that is derived from the sources and kept in the repository. */
export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  content(): string;
}

/** Every generated file; `npm run generate` writes them, a test compares them. */
export const GENERATED_FILES: readonly GeneratedFile[] = [
  {
    path: 'schema/portcullis.schema.json',
    content: () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  },
  { path: 'docs/reference/configuration.md', content: () => `${configurationPage()}` },
  { path: 'docs/reference/reasons.md', content: () => `${reasonsPage()}` },
  { path: 'docs/reference/seclang.md', content: () => seclangPage() },
];
