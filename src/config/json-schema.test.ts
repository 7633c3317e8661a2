import { describe, expect, test } from 'vitest';
import { STAGES } from '../stages/index.ts';
import type { BlocksInput } from './define-config.ts';
import { defineConfig } from './define-config.ts';
import { examineDocument } from './examine-document.ts';
import { configJsonSchema, type JsonSchema } from './json-schema.ts';

const schema = configJsonSchema();

/** Every field with its pointer. */
function fieldsOf(node: unknown, at = ''): [string, JsonSchema][] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const here = `${at}/${key}`;
    const own = key === 'properties' ? Object.entries(value as Record<string, JsonSchema>) : [];
    return [
      ...own.map(([name, field]): [string, JsonSchema] => [`${here}/${name}`, field]),
      ...fieldsOf(value, here),
    ];
  });
}

describe('configJsonSchema', () => {
  test('is of draft 2020-12, strict, and knows what is required', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(['version', 'apis']);
  });

  test('describes every field', () => {
    const silent = fieldsOf(schema).filter(
      ([, field]) => field.description === undefined && field.$ref === undefined,
    );
    expect(silent.map(([pointer]) => pointer)).toEqual([]);
  });

  test('has every stage once', () => {
    const $defs = schema.$defs as Record<string, JsonSchema>;
    expect(Object.keys($defs)).toEqual(['reference', ...new Set(STAGES.map(({ stage }) => stage.key))]);
    expect(JSON.stringify(schema)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });
});

test('the types of the blocks are those of the stages', () => {
  const keys: Record<keyof BlocksInput, true> = {
    protocol: true,
    access: true,
    addressLimit: true,
    cors: true,
    login: true,
    strangers: true,
    behaviour: true,
    authenticate: true,
    rateLimit: true,
    overload: true,
    authorize: true,
    outcomeLimits: true,
    waf: true,
    validate: true,
    headers: true,
  };
  expect(Object.keys(keys).sort()).toEqual([...new Set(STAGES.map(({ stage }) => stage.key))].sort());
});

test('defineConfig gives back what it gets, and it is a configuration', () => {
  const config = defineConfig({
    version: 1,
    defaults: { cors: { origins: ['https://app.example'] } },
    apis: [
      {
        id: 'a',
        upstream: 'http://127.0.0.1:1',
        authenticate: 'none',
        endpoints: [{ path: '/x', rateLimit: { perMinute: 5 } }],
      },
    ],
  });
  expect(examineDocument(config, { baseDir: '/x' }).problems).toEqual([]);
});
