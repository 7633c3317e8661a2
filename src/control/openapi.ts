import { z } from 'zod';
import type { AnyOperation } from './operation.ts';

export type OpenApiDocument = Record<string, unknown>;

type Schema = Record<string, unknown>;

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  error: z.string().describe('A stable word for programs.'),
  message: z.string().describe('A sentence that says what to do.'),
  request_id: z.string(),
});

/** JSON Schema 2020-12, which OpenAPI 3.1 embeds as it is. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as Schema;
  return rest;
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): Schema[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: property,
  }));
}

const takesBody = (operation: AnyOperation): boolean => !(operation.body instanceof z.ZodUndefined);

function operationObject(id: string, operation: AnyOperation): Schema {
  const parameters = [...parametersOf(operation.params, 'path'), ...parametersOf(operation.query, 'query')];
  return {
    operationId: id,
    summary: operation.summary,
    security: operation.access === 'open' ? [] : [{ adminToken: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takesBody(operation)
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(operation.body, 'input') } },
          },
        }
      : {}),
    responses: {
      [operation.status]: {
        description: 'Success.',
        content: { [operation.media]: { schema: schemaOf(operation.response, 'output') } },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** Describes the operations as an OpenAPI 3.1 document. */
export function openApi(operations: ReadonlyMap<string, AnyOperation>, version: string): OpenApiDocument {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [id, operation] of operations) {
    paths[operation.path] ??= {};
    (paths[operation.path] as Record<string, Schema>)[operation.method.toLowerCase()] = operationObject(
      id,
      operation,
    );
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Portcullis admin API',
      version,
      description: 'Listens on loopback only. The token is in the file `admin.token` of the data folder.',
    },
    paths,
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      responses: {
        Problem: {
          description: 'What is wrong and what to do about it.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}
