import { OPERATORS } from '../src/lib/seclang/operators/table.ts';
import { ACTION_ALIASES, ACTIONS } from '../src/lib/seclang/syntax/action-table.ts';
import { CONTROLS } from '../src/lib/seclang/syntax/control-table.ts';
import { DIRECTIVES } from '../src/lib/seclang/syntax/directive-table.ts';
import { grammarOf, VARIABLE_NAMES } from '../src/lib/seclang/syntax/variable-grammar.ts';
import { EMPTY_VARIABLES, OTHER_VARIABLES } from '../src/lib/seclang/syntax/variable-notes.ts';
import { TRANSFORMATION_NAMES } from '../src/lib/seclang/transformations/table.ts';
import { VARIABLES } from '../src/lib/seclang/variables/table.ts';

const STATUS = { supported: 'works', accepted: 'no effect', refused: 'refused' } as const;

/** What ends otherwise than in ModSecurity 2, and why. */
const DEVIATIONS: readonly (readonly [what: string, why: string])[] = [
  [
    'Without `SecRuleEngine` the engine is on, and bodies are looked at. In a gateway the block `waf` of the configuration decides how rules run and how much of bodies they see, whatever the directives about that say; see [decision 0067](../decisions/0067-the-block-decides-how-rules-run.md).',
    'Whoever names rule files wants them to work; ModSecurity is off until it is told.',
  ],
  [
    '`SecDefaultAction` holds for the rules of its phase; rules of a phase without one take what was said last. ModSecurity takes the last one for every phase.',
    'Two lines for two phases are meant for two phases; see [decision 0054](../decisions/0054-defaults-hold-for-their-phase.md).',
  ],
  [
    'In phase 5 a disruptive action of the defaults does nothing; ModSecurity refuses the file.',
    'The rule says `phase:5`, in which nothing can be disrupted.',
  ],
  [
    'Quotes that do not end, statuses, severities and numbers that are none, chains without an end, collections and variables in macros that do not exist, `ctl` without its target: errors. ModSecurity takes them and does nothing, or something else.',
    'A rule with a mistake must not protect less than it says; see [decision 0055](../decisions/0055-a-mistake-in-a-rule-file-is-an-error.md).',
  ],
  [
    'In a pattern, `%{…}` that names no variable is part of the pattern; ModSecurity puts nothing in its place.',
    '`%{2}` is a percent sign twice.',
  ],
  [
    '`ARGS:/a|b/` is one variable; ModSecurity refuses it without quotes.',
    'ModSecurity 3 and others read it so, and it can mean nothing else.',
  ],
  [
    '`SecRuleUpdateActionById` leaves a chain a chain; in ModSecurity the first rule loses its links unless the new actions say `chain`.',
    'A rule that was to block under two conditions would block under one.',
  ],
  [
    'Paths in `Include` are seen from the folder of the file that includes; Apache sees them from its root.',
    'So does ModSecurity 3, and there is no root here.',
  ],
  [
    '`<IfModule security2_module>` is read, `<IfModule !security2_module>` is not; other modules and other blocks (`<Location>`, `<Directory>`, `<VirtualHost>` …) are errors.',
    'It cannot be told what a web server would have; rules of a route are named in its configuration.',
  ],
  [
    '`MULTIPART_SEMICOLON_MISSING` is `MULTIPART_MISSING_SEMICOLON`.',
    'The recommended file of ModSecurity 3 calls it so.',
  ],
  [
    'Requests whose framing, host or target two readers could take for two things are refused by the listener before any rule; see [http.md](http.md).',
    'Rules that tell of such requests are tested with them nevertheless: `portcullis waf test` says which ones the listener refuses, see [decision 0056](../decisions/0056-tests-of-rules-reach-the-rules.md).',
  ],
];

/** Regression tests of the Core Rule Set 3.3 that end otherwise; the suite that runs them holds it. */
export const CRS_DEVIATIONS: readonly (readonly [title: string, why: string])[] = [
  ['920100-5', 'Expects 400; `CONNECT` is answered with 405 by the listener, whatever its target.'],
  [
    '920272-5',
    'Expects 403 or 404; a path that is not UTF-8 is answered with 400 by the listener. Rule 920272 matches as well.',
  ],
  ...['942100-4', '942100-12', '942101-2', '942101-6'].map((title): readonly [string, string] => [
    title,
    'Has the fingerprint `sf(1n`, which our build of libinjection lacks; other rules match the same values. See [decision 0057](../decisions/0057-which-libinjection.md).',
  ]),
  [
    '942100-13',
    'Has the fingerprint `sos` in a command of a shell, which our build of libinjection lacks; rules about commands match it. See [decision 0057](../decisions/0057-which-libinjection.md).',
  ],
];

/** Writes `docs/reference/seclang.md`: the rule language, as far as it goes here. */
export function seclangPage(): string {
  return [
    ...introduction(),
    ...section(
      'Directives',
      ['Directive', '', 'What'],
      [...DIRECTIVES.values()].map(({ name, status, note }) => [
        `\`${name}\``,
        STATUS[status],
        sentence(note),
      ]),
    ),
    ...section('Variables', ['Variable', 'From phase', 'Written', 'What'], VARIABLE_NAMES.map(variableRow)),
    ...section('Operators', ['Operator', '', 'What'], operatorRows()),
    ...transformations(),
    ...section(
      'Actions',
      ['Action', '', 'What'],
      Object.entries(ACTIONS).map(([name, { status, note }]) => [
        actionName(name),
        STATUS[status],
        sentence(note),
      ]),
    ),
    ...section(
      'Controls',
      ['`ctl:`', '', 'What'],
      [...CONTROLS.values()].map(({ name, status, note }) => [`\`${name}\``, STATUS[status], note]),
    ),
    ...section('What is different from ModSecurity 2', ['What', 'Why'], DEVIATIONS),
    ...section(
      'Regression tests of the Core Rule Set 3.3 that end otherwise',
      ['Test', 'Why'],
      CRS_DEVIATIONS,
    ),
  ].join('\n');
}

function introduction(): string[] {
  return [
    '# The rule language',
    '',
    'Generated from the tables in `src/lib/seclang` by `npm run generate`. The language is SecLang as ModSecurity 2.9.7 reads it, on bytes. What does not stand here is an',
    'error that names it, with file and line: nothing is passed over in silence. *No effect*: understood, and told as a note by `portcullis check`. *Refused*: an error that',
    'says what to do instead. `portcullis waf lint` finds what is written correctly and hardly meant; `portcullis waf test` runs tests in the format of FTW.',
    '',
    'Lines end with `\\` to go on, also comments (`#`). Words stand between blanks or in `"` or `\'`, in which `\\"` is a quote and `\\\\` a backslash. Names are taken in any case.',
    '',
  ];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [`## ${title}`, '', line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), ''];
}

/** The reasons of refusals are parts of sentences. */
const sentence = (note: string): string => {
  const text = `${note.charAt(0).toUpperCase()}${note.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
};

function variableRow(name: string): string[] {
  const { isCountable, isSelectable, wantsName } = grammarOf(name);
  const written = [
    wantsName ? '' : `\`${name}\``,
    isSelectable ? `\`${name}:${name === 'XML' ? '/*' : wantsName ? 'name' : 'a'}\`` : '',
    isCountable ? `\`&${name}${wantsName ? ':name' : ''}\`` : '',
  ];
  const why = EMPTY_VARIABLES.get(name);
  const what = why === undefined ? (OTHER_VARIABLES.get(name) ?? '') : `Always empty, or 0. ${why}`;
  return [
    `\`${name}\``,
    String(VARIABLES.get(name)?.phase ?? ''),
    written.filter((form) => form !== '').join(', '),
    what,
  ];
}

function operatorRows(): string[][] {
  return [...OPERATORS.values()]
    .sort((a, b) => (a.isOwn === b.isOwn ? (a.name < b.name ? -1 : 1) : a.isOwn ? 1 : -1))
    .map(({ name, isOwn, isRefused, note }) => [
      `\`@${name}\``,
      isRefused ? 'refused' : isOwn ? 'works; ours' : 'works',
      note,
    ]);
}

function transformations(): string[] {
  const names = TRANSFORMATION_NAMES.map((name) => `\`${name}\``).join(', ');
  return ['## Transformations', '', `All of ModSecurity 2 work: ${names}.`, ''];
}

function actionName(name: string): string {
  const alias = Object.keys(ACTION_ALIASES).find((other) => ACTION_ALIASES[other] === name);
  return alias === undefined ? `\`${name}\`` : `\`${name}\`, \`${alias}\``;
}
