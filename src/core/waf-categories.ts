/** What rules protect against, as reports and modes name it. */
export const RULE_CATEGORIES = [
  'owasp-top-10',
  'sql-injection',
  'cross-site-scripting',
  'bot-detection',
  'rate-attacks',
  'business',
  'geo-blocking',
  'file-upload',
  'data-exfiltration',
  'api',
  'ddos',
  'credential-stuffing',
  'scraping',
] as const;
export type RuleCategory = (typeof RULE_CATEGORIES)[number];

const OWN = 'portcullis/category/';
/** Tags of the Core Rule Set, and the category of rules that have them; the first that a rule has counts. */
const BY_TAG: readonly (readonly [string, RuleCategory])[] = [
  ['attack-sqli', 'sql-injection'],
  ['attack-xss', 'cross-site-scripting'],
  ['attack-dos', 'ddos'],
  ['attack-reputation-scanner', 'bot-detection'],
  ['attack-reputation-crawler', 'bot-detection'],
  ['attack-reputation-scripting', 'bot-detection'],
  ['attack-disclosure', 'data-exfiltration'],
  ['attack-multipart-header', 'file-upload'],
  ['attack-protocol', 'api'],
];
const NAMES: ReadonlySet<string> = new Set(RULE_CATEGORIES);

/**
 * The category of a rule: what its tag `portcullis/category/…` says, else what the tags of the Core Rule Set stand for.
 * Other attacks are of the OWASP Top 10, and what names no attack is a rule of the operator's business.
 */
export function categoryOf(tags: readonly string[]): RuleCategory {
  for (const tag of tags)
    if (tag.startsWith(OWN) && NAMES.has(tag.slice(OWN.length))) return tag.slice(OWN.length) as RuleCategory;
  for (const [tag, category] of BY_TAG) if (tags.includes(tag)) return category;
  const isAttack = tags.some((tag) => tag.startsWith('attack-') || tag.startsWith('OWASP_'));
  return isAttack ? 'owasp-top-10' : 'business';
}
