import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { modeSchema } from '../core/mode.ts';
import type { Stage } from '../core/stage.ts';
import { STAGES, type StageRow } from '../stages/index.ts';
import { type BlockSource, blockStages, mergeBlock, mergeBlocks, sourcePointer } from './blocks.ts';
import { examineDocument } from './examine-document.ts';

const ruleSchema = z.strictObject({ role: z.string() });
const fake = {
  name: 'access',
  key: 'guard',
  schema: z
    .union([
      z.array(ruleSchema),
      z.strictObject({
        mode: modeSchema,
        rules: z.array(ruleSchema).default([]),
        limit: z.int().optional(),
        a: z.int().optional(),
        b: z.int().optional(),
      }),
    ])
    .transform((block) => (Array.isArray(block) ? { mode: 'enforce' as const, rules: block } : block)),
  listKey: 'rules',
  exclusiveKeys: ['a', 'b'],
  compile: () => ({}),
} satisfies Stage<{ mode: 'enforce' | 'observe' | 'off' }>;
const ROWS: readonly StageRow[] = [{ stage: fake, why: 'a test needs one' }];

const examine = (document: unknown) => examineDocument(document, { baseDir: '/x', stages: ROWS });

describe('mergeBlock', () => {
  const list = [{ role: 'x' }];
  test.each([
    ['nothing over nothing', undefined, undefined, undefined],
    ['something over nothing', undefined, { limit: 1 }, { limit: 1 }],
    ['nothing over something', { limit: 1 }, undefined, { limit: 1 }],
    ['key by key', { limit: 1, mode: 'observe' }, { limit: 2 }, { limit: 2, mode: 'observe' }],
    ['lists replace', { rules: [{ role: 'a' }] }, { rules: list }, { rules: list }],
    ['a word over a block', { limit: 1 }, 'none', 'none'],
    ['a block over a word', 'none', { limit: 1 }, { limit: 1 }],
    ['a block over a list keeps the list', list, { mode: 'observe' }, { rules: list, mode: 'observe' }],
    [
      'a list over a block keeps its mode',
      { mode: 'observe', rules: [] },
      list,
      { mode: 'observe', rules: list },
    ],
    ['one method replaces the other', { a: 1, limit: 1 }, { b: 2 }, { b: 2, limit: 1 }],
    ['no method inherits', { a: 1 }, { limit: 1 }, { a: 1, limit: 1 }],
  ])('%s', (_, general, specific, merged) => {
    expect(mergeBlock(fake, general, specific)).toEqual(merged);
  });

  test.each([
    [{ limit: 1, a: 1 }, { b: 2 }, { b: 2 }],
    [{ limit: 1 }, { b: 2, limit: 3 }, { b: 2, limit: 3 }],
    [{ b: 2 }, { limit: 3 }, { b: 2, limit: 3 }],
  ])('over %j %j, which replaces `limit`, is %j', (general, specific, merged) => {
    expect(mergeBlock({ ...fake, replacingKeys: { b: ['limit'] } }, general, specific)).toEqual(merged);
  });

  test('goes one level deep', () => {
    const sources = [{ r: { x: 1 } }, { r: { y: 2 } }].map((raw) => ({ pointer: '', raw }));
    expect(mergeBlocks(fake, sources)).toEqual({ r: { y: 2 } });
  });
});

describe('sourcePointer', () => {
  const sources: BlockSource[] = [
    { pointer: '/defaults/guard', raw: { mode: 'observe', limit: 1 } },
    { pointer: '/apis/0/guard', raw: [{ role: 'x' }], listKey: 'rules' },
    { pointer: '/apis/0/endpoints/1/guard', raw: { limit: 2 } },
  ];
  test.each([
    ['', '/apis/0/endpoints/1/guard'],
    ['/limit', '/apis/0/endpoints/1/guard/limit'],
    ['/rules/0/role', '/apis/0/guard/0/role'],
    ['/mode', '/defaults/guard/mode'],
    ['/missing', '/apis/0/endpoints/1/guard'],
  ])('%s was written at %s', (relative, pointer) => {
    expect(sourcePointer(sources, relative)).toBe(pointer);
  });

  test('of a block that nobody wrote is the whole', () => {
    expect(sourcePointer([], '/x')).toBe('');
  });
});

describe('merged blocks of a configuration', () => {
  const upstream = 'http://127.0.0.1:1';

  test('reach every endpoint', () => {
    const { config, problems } = examine({
      version: 1,
      defaults: { guard: { mode: 'observe', limit: 1 } },
      apis: [
        {
          id: 'one',
          upstream,
          guard: { limit: 2 },
          endpoints: [{ path: '/x', guard: [{ role: 'r' }] }, { path: '/y' }],
        },
        { id: 'two', path: '/two', upstream },
      ],
    });
    expect(problems).toEqual([]);
    const [one, two] = config?.apis ?? [];
    expect(one?.blocks.get('guard')?.config).toEqual({ mode: 'observe', limit: 2, rules: [] });
    expect(one?.endpoints[0]?.blocks.get('guard')?.config).toEqual({
      mode: 'observe',
      limit: 2,
      rules: [{ role: 'r' }],
    });
    expect(one?.endpoints[1]?.blocks.get('guard')).toBe(one?.blocks.get('guard'));
    expect(two?.blocks.get('guard')).toBe(config?.defaultBlocks.get('guard'));
    expect(config?.defaultBlocks.get('guard')?.config).toEqual({ mode: 'observe', limit: 1, rules: [] });
  });

  test('that nobody wrote are what an empty block means', () => {
    const { config } = examine({ version: 1, apis: [{ id: 'one', upstream }] });
    expect(config?.apis[0]?.blocks.get('guard')).toEqual({
      key: 'guard',
      config: { mode: 'enforce', rules: [] },
      sources: [],
    });
  });

  test('are told once, where they were written', () => {
    const { problems } = examine({
      version: 1,
      defaults: { guard: { limit: 'x' } },
      apis: [
        { id: 'one', upstream, guard: { mode: 'off' }, endpoints: [{ path: '/x', guard: { limit: 1 } }] },
      ],
    });
    expect(problems.map(({ pointer }) => pointer)).toEqual(['/defaults/guard/limit']);
  });
});

describe('the stages', () => {
  const stages = [...blockStages(STAGES).values()];

  test.each(stages.map((stage) => [stage.key, stage] as const))(
    '%s takes an empty block and a partial one',
    (_, stage) => {
      expect(stage.schema.safeParse({}).success).toBe(true);
      expect(stage.schema.parse({ mode: 'observe' })).toMatchObject({ mode: 'observe' });
    },
  );

  test.each(stages.map((stage) => [stage.key, stage] as const))(
    '%s loses nothing when it is merged',
    (_, stage) => {
      // A block written as a list that a more specific block would replace whole loses its entries without a word.
      if (stage.schema.safeParse([]).success)
        expect(stage.listKey, 'name the list in `listKey`').toBeTypeOf('string');
    },
  );
});
