import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCorpora } from './waf/corpora.ts';
import { evaluate } from './waf/evaluate.ts';
import { pageOf } from './waf/report.ts';
import { shippedEngine } from './waf/shipped-engine.ts';

const folder = process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../shared/corpora');
const page = pageOf(evaluate(shippedEngine(), readCorpora(folder)));
writeFileSync(join(import.meta.dirname, '../docs/reference/waf-detection.md'), page);
process.stdout.write(`${page.slice(page.indexOf('**'), page.indexOf('## Attacks that are missed'))}\n`);
