import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examineDocument } from '../config/examine-document.ts';
import { parseYamlTree } from '../config/yaml-tree.ts';
import { devDocument } from './dev-config.ts';
import { type ImportedApi, parseOpenApi } from './openapi-import.ts';
import { endpointPath } from './openapi-paths.ts';

const SAMPLE = join(import.meta.dirname, '../../examples/sample-api/openapi.yaml');

function imported(document: Record<string, unknown>): ImportedApi {
  const result = parseOpenApi({ openapi: '3.1.0', ...document });
  if (!result.ok) throw new Error(result.why);
  return result.api;
}

const problemsOf = (api: ImportedApi) => {
  const wishes = {
    upstream: 'http://127.0.0.1:3000',
    port: 8080,
    adminPort: 9443,
    open: false,
    imported: api,
  };
  return examineDocument(devDocument(wishes, '.portcullis'), { baseDir: '/' }).problems;
};

const get = (path: string, operation: Record<string, unknown> = {}) =>
  imported({ paths: { [path]: { get: operation } } });

describe('the document of the sample API', () => {
  const { value } = parseYamlTree(readFileSync(SAMPLE, 'utf8'));
  const api = imported(value as Record<string, unknown>);

  test('becomes an endpoint per path and method', () => {
    expect(api).toMatchObject({ id: 'sample-api', title: 'Sample API', basePath: '/', notes: [] });
    expect(api.endpoints.map(({ method, path }) => `${method} ${path}`)).toContain('PUT /api/v1/orders/{id}');
    expect(api.endpoints).toHaveLength(16);
  });

  test('bodies are found behind references, `*/*` is any type', () => {
    const byId = new Map(api.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    expect(byId.get('create-order')).toMatchObject({
      hasBody: true,
      contentTypes: ['application/json'],
      json: true,
    });
    expect(byId.get('upload')).toMatchObject({ hasBody: true, contentTypes: [], json: false });
    expect(byId.get('list-orders')).toMatchObject({ hasBody: false, contentTypes: [], json: false });
  });

  test('makes a configuration without mistakes', () => {
    expect(problemsOf(api)).toEqual([]);
  });
});

describe('documents that cannot be used', () => {
  test.each([
    [null, 'This is not an OpenAPI document: it is not an object.'],
    [[], 'This is not an OpenAPI document: it is not an object.'],
    [{ swagger: '2.0' }, 'This is a Swagger 2.0 document: convert it to OpenAPI 3 first.'],
    [
      { openapi: '4.0.0', paths: {} },
      'This is not an OpenAPI 3.0 or 3.1 document: its `openapi` says neither.',
    ],
    [
      { openapi: '3.10.0', paths: {} },
      'This is not an OpenAPI 3.0 or 3.1 document: its `openapi` says neither.',
    ],
    [{ openapi: 3.1, paths: {} }, 'This is not an OpenAPI 3.0 or 3.1 document: its `openapi` says neither.'],
    [{ openapi: '3.1.0' }, 'This OpenAPI document has no `paths`.'],
    [
      { openapi: '3.0.3', paths: { '/a': { summary: '' } } },
      'This OpenAPI document declares no operation that can be used.',
    ],
    [
      { openapi: '3.0.3', servers: [{ url: '/{tenant}' }], paths: { '/a': { get: {} } } },
      'The first server of the document, `/{tenant}`, has no path that can be used.',
    ],
  ])('%j', (document, why) => {
    expect(parseOpenApi(document)).toEqual({ ok: false, why });
  });
});

describe('the path of the first server goes in front', () => {
  test.each([
    [undefined, '/'],
    [[], '/'],
    [[{ url: 'https://api.example.com' }], '/'],
    [[{ url: 'https://api.example.com/' }], '/'],
    [[{ url: 'https://api.example.com/v1/' }], '/v1'],
    [[{ url: '/v1' }, { url: '/v2' }], '/v1'],
    [[{ url: 'v1' }], '/v1'],
    [[{ url: '/' }], '/'],
    [[{ url: 'https://{host}/{v}', variables: { v: { default: 'v3' } } }], '/v3'],
    [[{ url: 'https://api.example.com?x=/y' }], '/'],
    [[{ url: 'https://api.example.com/a%20b' }], '/a%20b'],
  ])('%j', (servers, basePath) => {
    expect(imported({ servers, paths: { '/a': { get: {} } } }).basePath).toBe(basePath);
  });
});

describe('paths', () => {
  test.each([
    ['/', '/', ''],
    ['/orders/', '/orders', ''],
    ['/orders/{id}', '/orders/{id}', ''],
    ['/orders/{order-id}/items/{2nd}', '/orders/{order_id}/items/{_2nd}', ''],
    ['/caf%c3%a9', '/caf%C3%A9', ''],
    ['/files/{name}.json', '/files/{_name_json}', 'takes any segment where it says `{name}.json`.'],
    ['/{a}-{b}', '/{_a_b_}', 'takes any segment where it says `{a}-{b}`.'],
    ['/{path+}', '/{path_}', 'takes one segment only where it says `{path+}`.'],
  ])('%s', (template, path, note) => {
    expect(endpointPath(template)).toEqual({ ok: true, path, note, isWider: note.startsWith('takes any') });
  });

  test.each([
    ['orders', 'a path begins with a slash.'],
    ['/a?x=1', 'a path has no query or fragment.'],
    ['/a#b', 'a path has no query or fragment.'],
    ['/a/*', 'a path has no wildcards.'],
    ['/a/../b', 'no request can have this path.'],
    ['//a', 'no request can have this path.'],
    ['/a%2fb', 'no request can have this path.'],
    ['/a}', 'no request can have this path.'],
  ])('%s is left out', (template, why) => {
    expect(endpointPath(template)).toEqual({ ok: false, why });
  });

  test('what cannot be told apart is left out with a note', () => {
    const api = imported({
      paths: {
        '/a/{id}': { get: {} },
        '/A/{name}': { get: {}, post: {} },
        '/a/b': { get: {}, trace: {} },
        '/x/*': { get: {} },
      },
    });
    expect(api.endpoints.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /a/{id}',
      'POST /A/{name}',
      'GET /a/b',
    ]);
    expect(api.notes).toEqual([
      'GET /A/{name} is left out: its requests cannot be told from those of /a/{id}.',
      'TRACE /a/b is left out: the gateway never passes TRACE on.',
      '/x/* is left out: a path has no wildcards.',
    ]);
  });
});

describe('who may call', () => {
  const PARTS = { components: { securitySchemes: { key: { type: 'apiKey' } } } };

  test.each([
    // [security of the document, security of the operation, open]
    [undefined, undefined, false],
    [undefined, [], true],
    [[{ key: [] }], undefined, false],
    [[{ key: [] }], [], true],
    [[], undefined, true],
    [[], [{ key: [] }], false],
    // Optional is not the same as none: without a key the gateway could not tell.
    [undefined, [{}], false],
    [[{ key: [] }, {}], undefined, false],
    [undefined, null, false],
    [undefined, '[]', false],
    [undefined, {}, false],
  ])('document %j, operation %j', (all, own, open) => {
    const operation = own === undefined ? {} : { security: own };
    const api = imported({ ...PARTS, security: all, paths: { '/a': { get: operation } } });
    expect(api.endpoints[0]?.open).toBe(open);
    expect(api.notes[0]).toMatch(/^The security schemes of the document are left to the server behind/);
    expect(problemsOf(api)).toEqual([]);
  });
});

describe('nothing is opened that the document does not open', () => {
  test.each([
    ['/files/{name}.json', '/files/{id}'],
    ['/files/{a}', '/Files/{b}'],
    ['/files', '/FILES/'],
  ])('%s is open and %s is not: their requests cannot be told apart', (open, closed) => {
    const operations: [string, Record<string, unknown>][] = [
      [open, { get: { security: [] } }],
      [closed, { get: {} }],
    ];
    for (const order of [operations, operations.toReversed()]) {
      expect(imported({ paths: Object.fromEntries(order) }).endpoints).toMatchObject([{ open: false }]);
    }
  });

  test('a path that became wider needs a key', () => {
    const api = get('/files/{name}.json', { security: [] });
    expect(api.endpoints).toMatchObject([{ path: '/files/{_name_json}', open: false }]);
    expect(api.notes[1]).toBe(
      'GET /files/{name}.json needs a key, because it takes more than the document opens.',
    );
  });
});

describe('bodies', () => {
  test.each([
    [{ 'application/json': {} }, ['application/json'], true],
    [{ 'Application/JSON; charset=utf-8': {} }, ['application/json'], true],
    [{ 'application/vnd.api+json': {}, 'text/csv': {} }, ['application/vnd.api+json', 'text/csv'], true],
    [{ 'application/xml': {} }, ['application/xml'], false],
    [{ 'image/*': {} }, ['image/*'], false],
    [{ 'application/json': {}, '*/*': {} }, [], false],
    [{}, [], false],
  ])('%j', (content, contentTypes, json) => {
    const api = get('/a', { requestBody: { content } });
    expect(api.endpoints[0]).toMatchObject({ hasBody: true, contentTypes, json });
    expect(problemsOf(api)).toEqual([]);
  });

  test.each([
    { $ref: '#/components/requestBodies/Missing' },
    { $ref: 'other.yaml#/a' },
    { $ref: '#/components/requestBodies/Loop' },
    { $ref: '#/__proto__' },
    'text',
  ])('one that cannot be read is any type, and a note: %j', (requestBody) => {
    const components = { requestBodies: { Loop: { $ref: '#/components/requestBodies/Loop' } } };
    const api = imported({ components, paths: { '/a': { post: { requestBody } } } });
    expect(api.endpoints[0]).toMatchObject({ contentTypes: [], json: false });
    expect(api.notes).toEqual([
      'POST /a takes bodies of any type: what the document says about them cannot be read.',
    ]);
  });

  test('a type that is none is left out', () => {
    const api = get('/a', { requestBody: { content: { json: {}, 'text/plain': {} } } });
    expect(api.endpoints[0]?.contentTypes).toEqual(['text/plain']);
    expect(api.notes).toEqual(['GET /a does not take bodies of `json`: that is not a media type.']);
  });
});

describe('names', () => {
  test('of endpoints: the operation id, else method and path; unique and short', () => {
    const long = 'x'.repeat(80);
    const api = imported({
      paths: {
        '/a': { get: { operationId: 'listA_all' }, post: { operationId: 'list-a-all' }, put: {} },
        '/b': { get: { operationId: long }, post: { operationId: long }, put: { operationId: '…' } },
      },
    });
    expect(api.endpoints.map(({ id }) => id)).toEqual([
      'list-a-all',
      'list-a-all-2',
      'put-a',
      'x'.repeat(63),
      `${'x'.repeat(56)}-2`,
      'put-b',
    ]);
    expect(problemsOf(api)).toEqual([]);
  });

  test.each([
    ['Pet Store (v2)', 'pet-store-v2'],
    ['петы', 'api'],
    [undefined, 'api'],
  ])('of the API: %s', (title, id) => {
    expect(imported({ info: { title }, paths: { '/a': { get: {} } } }).id).toBe(id);
  });
});

test('whatever the document holds, nothing is thrown and the configuration has no mistakes', () => {
  const segment = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom('{id}', 'a', '..', '{a}.{b}', '%2e', '*', 'A'),
  );
  const path = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const operation = fc.record(
    { security: fc.jsonValue(), requestBody: fc.jsonValue(), operationId: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const item = fc.oneof(fc.jsonValue(), fc.record({ get: operation, post: operation }, { requiredKeys: [] }));
  const document = fc.record(
    {
      openapi: fc.constant('3.0.0'),
      paths: fc.dictionary(path, item),
      servers: fc.jsonValue(),
      info: fc.jsonValue(),
      components: fc.jsonValue(),
    },
    { requiredKeys: ['openapi', 'paths'] },
  );
  fc.assert(
    fc.property(fc.oneof(document, fc.jsonValue()), (value) => {
      const result = parseOpenApi(value);
      if (result.ok) expect(problemsOf(result.api)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
