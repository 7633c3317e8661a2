import type { Evaluation } from './evaluate.ts';
import { share, sumOf, type Tally } from './tally.ts';

/** Most misses of a class that are shown. */
const SHOWN = 15;

/** Why attacks of a class are missed; what is shown below it are cases. */
const REASONS: Readonly<Record<string, string>> = {
  sqli: 'Fragments that no grammar ends (`-1 union`), statements that were broken on the way into the list (words run together), and expressions that are SQL only for whoever knows the query around them (`1 in (1)`).',
  xss: 'Elements and styles that run nothing in any browser of today, pieces that filters left over, and links that are links.',
  'path-traversal':
    'Templates that were never filled in (`{file}`), rows of letters, single steps that are relative links as well. A file that is asked for by one step is refused where it is a file of the system.',
  cmdi: "Words that are commands and words (`id`, `'true'`), and a list of two (`a;id`).",
  cmd: 'A name of a file and a command, which is a list of two.',
  ssti: 'Names of objects of one engine that are plain words elsewhere.',
  ldap: 'One comparison in brackets, which is a sum or a note as well.',
  pt: 'One step, which is a relative link as well.',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(header: string, tallies: readonly Tally[]): string {
  const rows = tallies.map(({ name, source, tuned, tunedRight, held, heldRight }) => {
    const figures = [tuned + held, share(tunedRight, tuned), share(heldRight, held)];
    return `| ${cell(name)} | ${source} | ${figures.join(' | ')} |`;
  });
  return [
    `| ${header} | Source | Requests | Tuned half | Held-out half |`,
    '|---|---|---:|---:|---:|',
    ...rows,
  ].join('\n');
}

/** Text that stands in a table or list as it is. */
const shown = (text: string): string =>
  `\`${JSON.stringify(text.slice(0, 110)).slice(1, -1).replaceAll('`', "'")}\``;

function misses(tallies: readonly Tally[]): string {
  return tallies
    .filter(({ wrong }) => wrong.size > 0)
    .map(({ name, source, wrong }) => {
      const lines = [...wrong].slice(0, SHOWN).map((value) => `- ${shown(value)}`);
      const more = wrong.size > SHOWN ? [`- and ${wrong.size - SHOWN} more`] : [];
      return [`### ${name}, ${source}`, '', REASONS[name] ?? '', '', ...lines, ...more].join('\n');
    })
    .join('\n\n');
}

/** The page `docs/reference/waf-detection.md`. */
export function pageOf({ attacks, places, benign, recorded }: Evaluation): string {
  const all = sumOf('all', attacks);
  const pass = sumOf('all', [...benign, ...recorded]);
  return `# What the rules that ship detect

Measured with \`npm run evaluate-waf\`, which writes this page: each value is sent as a parameter of the query, a member of a JSON body, a
field of a form, a header and a cookie through the rules that come with the gateway, at level 1 and with their thresholds; recorded requests
as they were recorded. *Right* is: an attack is blocked, anything else is not. Detectors were changed for what was missed in the
tuned half only; the other one (by a hash of the value) is held out. That holds for attacks of \`http-params\` and \`libinjection\` save the few of \`cmdi\`, of which all were
read, as were the searches and what of the recorded requests was found. \`own\` are corpora in the repository, written with the detectors, so that they say less.

**Attacks blocked: ${share(all.tunedRight, all.tuned)} of the tuned half, ${share(all.heldRight, all.held)} of the held-out half.
Legitimate passed: ${share(pass.tunedRight, pass.tuned)} and ${share(pass.heldRight, pass.held)}.**

## Attacks that are blocked

${table('Class', attacks)}

By where they stand:

${table('Place', places)}

## What is not blocked

${table('Values', benign)}

${table('Site', recorded)}

## Attacks that are missed

${misses(attacks)}

## What is blocked and should not be

${misses([...benign, ...recorded]) || 'Nothing of these corpora.'}
`;
}
