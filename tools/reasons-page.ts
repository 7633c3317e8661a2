import { REASONS } from '../src/core/reasons.ts';

/** Writes `docs/reference/reasons.md`: everything the gateway can say about a request. */
export function reasonsPage(): string {
  const lines = [
    '# Reasons',
    '',
    'Generated from `src/core/reasons.ts` by `npm run generate`. The `type` of a problem document ends with the name of',
    'its reason; journal, metrics and `portcullis explain` use the same names. Status 0 never becomes an answer of ours.',
    '',
  ];
  let family = '';
  for (const [code, { status, error, title, remedy }] of Object.entries(REASONS)) {
    const [first = ''] = code.split('.');
    if (first !== family) {
      family = first;
      lines.push(`## ${family}`, '');
    }
    lines.push(`### <a id="${code}"></a>\`${code}\``, '', `${status} \`${error}\`: ${title}. ${remedy}`, '');
  }
  return lines.join('\n');
}
