import { expect, test } from 'vitest';
import { categoryOf } from './waf-categories.ts';

test.each([
  [['portcullis/category/scraping', 'attack-sqli'], 'scraping'],
  [['portcullis/category/nonsense', 'attack-sqli'], 'sql-injection'],
  [['application-multi', 'attack-sqli', 'paranoia-level/1'], 'sql-injection'],
  [['attack-xss'], 'cross-site-scripting'],
  [['attack-rce'], 'owasp-top-10'],
  [['OWASP_CRS', 'capec/1000'], 'owasp-top-10'],
  [['attack-protocol'], 'api'],
  [['mine'], 'business'],
  [[], 'business'],
])('%j', (tags, category) => expect(categoryOf(tags)).toBe(category));
