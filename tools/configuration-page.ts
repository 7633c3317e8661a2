import { configJsonSchema, type JsonSchema } from '../src/config/json-schema.ts';

interface Section {
  readonly title: string;
  readonly schema: JsonSchema;
}

const REFERENCE = '#/$defs/reference';

/** Writes `docs/reference/configuration.md`: a table per block of the configuration. */
export function configurationPage(): string {
  const root = configJsonSchema();
  const definitions = root.$defs as Record<string, JsonSchema>;
  const sections: Section[] = [];
  collect({ title: 'The file', schema: root }, sections);
  for (const [key, schema] of Object.entries(definitions)) {
    if (key !== 'reference') collect({ title: key, schema }, sections);
  }
  return [
    '# Configuration',
    '',
    'Generated from the schemas by `npm run generate`. One YAML file; unknown keys are errors. Blocks of stages',
    `(${stageLinks(definitions)}) may stand in \`defaults\`, in an API and in an endpoint: the more specific`,
    'one replaces the keys it names. Any value may be a reference, `${env:NAME}` or `${file:path}`; `$${` is a plain `${`.',
    '',
    ...sections.flatMap((section) => sectionLines(section, definitions)),
  ].join('\n');
}

function stageLinks(definitions: Record<string, JsonSchema>): string {
  const keys = Object.keys(definitions).filter((key) => key !== 'reference');
  return keys.map((key) => `[\`${key}\`](#${anchor(key)})`).join(', ');
}

/** Adds the section of a block, then those of the blocks inside it. */
function collect(section: Section, sections: Section[]): void {
  for (const block of blocksOf(section.schema)) {
    const known = sections.some(({ schema }) => JSON.stringify(schema) === JSON.stringify(block));
    if (known && section.title !== 'The file') continue;
    sections.push({ title: section.title, schema: { description: section.schema.description, ...block } });
    const prefix = section.title === 'The file' ? '' : `${section.title}.`;
    for (const [name, field] of Object.entries(propertiesOf(block))) {
      if (field.$ref !== undefined) continue;
      for (const { suffix, schema } of holdersOf(field)) {
        collect({ title: `${prefix}${name}${suffix}`, schema }, sections);
      }
    }
  }
}

/** The objects with fields that a schema may be: itself, or alternatives. */
function blocksOf(schema: JsonSchema): JsonSchema[] {
  if (schema.properties !== undefined) return [schema];
  return optionsOf(schema).filter((option) => option.properties !== undefined);
}

/** What a field holds that may have fields of its own: the value, the entries of a list, the values of a map. */
function holdersOf(field: JsonSchema): { suffix: string; schema: JsonSchema }[] {
  const found: { suffix: string; schema: JsonSchema }[] = [];
  for (const option of optionsOf(field)) {
    if (option.properties !== undefined)
      found.push({ suffix: '', schema: { description: field.description, ...option } });
    if (isSchema(option.items)) found.push({ suffix: '[]', schema: option.items });
    if (isSchema(option.additionalProperties))
      found.push({ suffix: '.*', schema: option.additionalProperties });
  }
  return found.filter(({ schema }) => blocksOf(schema).length > 0);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function optionsOf(schema: JsonSchema): JsonSchema[] {
  const options = Array.isArray(schema.anyOf) ? (schema.anyOf as JsonSchema[]) : [schema];
  return options.filter(({ $ref }) => $ref !== REFERENCE);
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema.properties ?? {}) as Record<string, JsonSchema>;
}

function sectionLines({ title, schema }: Section, definitions: Record<string, JsonSchema>): string[] {
  const required = new Set((schema.required ?? []) as string[]);
  const rows = Object.entries(propertiesOf(schema)).map(([name, field]) => {
    const fallback = required.has(name) ? 'required' : defaultOf(field);
    const { description = '' } = typeof field.$ref === 'string' ? (definitions[name] ?? field) : field;
    return `| \`${name}\` | ${typeOf(field)} | ${fallback} | ${escapeCell(String(description))} |`;
  });
  const intro = typeof schema.description === 'string' ? [schema.description, ''] : [];
  const head = ['| Field | Type | Default | Description |', '|---|---|---|---|'];
  const heading = title === 'The file' ? title : `\`${title}\``;
  return [`## ${heading}`, '', ...intro, ...head, ...rows, ''];
}

function defaultOf(field: JsonSchema): string {
  const value = field.default;
  if (value === undefined || JSON.stringify(value) === '{}') return '';
  return `\`${escapeCell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

function typeOf(field: JsonSchema): string {
  if (typeof field.$ref === 'string') return `[block](#${anchor(field.$ref.replace('#/$defs/', ''))})`;
  const words = optionsOf(field).map(typeOfOption);
  return [...new Set(words)].join(' or ');
}

function typeOfOption(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return typeOf(schema);
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (Array.isArray(schema.enum)) return choice(schema.enum);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `number${rangeOf(schema)}`;
    case 'array':
      return isSchema(schema.items) ? `list of ${typeOf(schema.items)}` : 'list';
    case 'object':
      return isSchema(schema.additionalProperties)
        ? `${typeOf(schema.additionalProperties)} by name`
        : 'block';
    case 'boolean':
      return '`true` or `false`';
    default:
      return 'text';
  }
}

function choice(words: readonly unknown[]): string {
  const quoted = words.map((word) => `\`${String(word)}\``);
  return quoted.length < 3 ? quoted.join(' or ') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  if (minimum === undefined && maximum === undefined) return '';
  if (maximum === undefined) return `, at least ${String(minimum)}`;
  return minimum === undefined
    ? `, at most ${String(maximum)}`
    : `, ${String(minimum)} to ${String(maximum)}`;
}

/** Where GitHub puts the anchor of a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9_ -]/g, '')
    .replaceAll(' ', '-');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
