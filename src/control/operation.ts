import type { z } from 'zod';
import type { ControlServices } from './services.ts';

/** An operation's refusal: a value, like the data plane's Decision. */
export class Problem {
  readonly status: number;
  /** A stable word for programs. */
  readonly error: string;
  /** A sentence that says what to do. */
  readonly message: string;
  /** More members of the problem document. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    error: string,
    message: string,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    this.status = status;
    this.error = error;
    this.message = message;
    this.members = members;
  }
}

/** What an operation gets, parsed by its schemas. */
export interface OperationInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** One operation of the admin API. */
export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Segments in braces are parameters: `/v1/keys/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** `open` operations need no token: health checks only. */
  readonly access: 'token' | 'open';
  /** Media type of the answer. */
  readonly media: string;
  /** Status of success. */
  readonly status: 200 | 201;
  readonly params: Params;
  readonly query: Query;
  /** `z.undefined()` when the operation takes no body. */
  readonly body: Body;
  /** Safety: the answer is passed through this schema, so a field that it does not name cannot leave. */
  readonly response: Response;
  run(
    services: ControlServices,
    input: OperationInput<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<z.input<Response> | Problem>;
}

// biome-ignore lint/suspicious/noExplicitAny: each operation has its own schemas
export type AnyOperation = Operation<any, any, any, any>;

/** Input as it arrives, before any schema saw it. */
export interface RawInput {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

const PARTS = ['params', 'query', 'body'] as const;

function sentenceOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}

/** Whether a text in it has a NUL, which PostgreSQL keeps in none. */
function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsNul);
}

/** Parses the input, runs the operation and passes its answer through the response schema. */
export async function runOperation(
  operation: AnyOperation,
  services: ControlServices,
  raw: RawInput,
): Promise<unknown> {
  const input: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const part of PARTS) {
    const parsed = operation[part].safeParse(part === 'body' ? raw.body : (raw[part] ?? {}));
    if (parsed.success && holdsNul(parsed.data)) faults.push(`${part}: a text holds a NUL`);
    else if (parsed.success) input[part] = parsed.data;
    else faults.push(...parsed.error.issues.map(sentenceOf));
  }
  if (faults.length > 0) {
    return new Problem(422, 'invalid_input', `The request is not valid: ${faults.join('; ')}.`, { faults });
  }
  const result = await operation.run(services, input as never);
  return result instanceof Problem ? result : operation.response.parse(result);
}
