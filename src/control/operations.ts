import { z } from 'zod';
import { ADAPTIVE_OPERATIONS } from './adaptive-table.ts';
import { ATTACK_OPERATIONS } from './attack-operations.ts';
import {
  blockedClient,
  blockedClientList,
  listBlockedClients,
  unblockClient,
  unblockedClient,
} from './behaviour-operations.ts';
import { BYPASS_OPERATIONS } from './bypass-operations.ts';
import { EXCEPTION_OPERATIONS } from './exception-operations.ts';
import { compromisedKey, compromiseKey, compromiseKeyBody } from './key-compromise.ts';
import { leakOutcomes, leakReport, reportLeaks } from './key-leaks.ts';
import { createKey, listKeys, revokeKey, showKey } from './key-operations.ts';
import { rotatedKey, rotateKey, rotateKeyBody } from './key-rotation.ts';
import { createdKey, createKeyBody, keyList, keyWithUsage, revokedKey } from './key-schemas.ts';
import { LIMIT_REPORT_OPERATIONS } from './limit-report.ts';
import { blockedAddress, blockedList, listBlocked, unblock, unblocked } from './login-operations.ts';
import { listNotices, noticeFilter, noticeList } from './notice-operations.ts';
import { OAUTH_OPERATIONS } from './oauth-table.ts';
import { type OpenApiDocument, openApi } from './openapi.ts';
import type { AnyOperation } from './operation.ts';
import { common, operation } from './operation-row.ts';
import {
  explainedRequest,
  explainRequest,
  listRequests,
  requestFilter,
  requestList,
} from './request-operations.ts';
import type { ControlServices } from './services.ts';
import {
  health,
  healthOf,
  listReasons,
  reasonList,
  reload,
  reloadView,
  showStatus,
  statusView,
} from './system-operations.ts';
import { TOKEN_OPERATIONS } from './token-operations.ts';
import { TRIAL_OPERATIONS } from './trial-operations.ts';
import { USER_OPERATIONS } from './user-table.ts';
import { WAF_EVENT_OPERATIONS } from './waf-events.ts';
import { WAF_REPORT_OPERATIONS } from './waf-report.ts';

const keyId = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9A-Za-z]{1,64}$/, 'a key id has letters and digits only')
    .describe('Id of the key.'),
});
const requestId = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'a request id is printable ASCII')
    .describe('Id of the request.'),
});

const PROMETHEUS_MEDIA = 'text/plain; version=0.0.4; charset=utf-8';

/** THE TABLE of admin operations. Listener, client, CLI and the OpenAPI document derive from it. */
export const OPERATIONS = {
  getStatus: operation({
    ...common,
    method: 'GET',
    path: '/v1/status',
    summary: 'Tells version, uptime, threads, the plan in force and what does not work.',
    response: statusView,
    run: showStatus,
  }),
  listKeys: operation({
    ...common,
    method: 'GET',
    path: '/v1/keys',
    summary: 'Lists all API keys, the newest first, with what they were used for.',
    response: keyList,
    run: listKeys,
  }),
  createKey: operation({
    ...common,
    method: 'POST',
    path: '/v1/keys',
    summary: 'Creates an API key and shows it, this once.',
    status: 201,
    body: createKeyBody,
    response: createdKey,
    run: (services, { body }) => createKey(services, body),
  }),
  getKey: operation({
    ...common,
    method: 'GET',
    path: '/v1/keys/{id}',
    summary: 'Shows an API key and what it was used for.',
    params: keyId,
    response: keyWithUsage,
    run: (services, { params }) => showKey(services, params.id),
  }),
  revokeKey: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/keys/{id}',
    summary: 'Revokes an API key and answers when no thread accepts it any more.',
    params: keyId,
    response: revokedKey,
    run: (services, { params }) => revokeKey(services, params.id),
  }),
  rotateKey: operation({
    ...common,
    method: 'POST',
    path: '/v1/keys/{id}/rotate',
    summary:
      'Makes a successor of an API key and shows it, this once; the old key works until its grace period ends.',
    status: 201,
    params: keyId,
    body: rotateKeyBody,
    response: rotatedKey,
    run: (services, { params, body }) => rotateKey(services, params.id, body),
  }),
  compromiseKey: operation({
    ...common,
    method: 'POST',
    path: '/v1/keys/{id}/compromise',
    summary: 'Revokes an API key, tells what it may have been used for, and makes a successor.',
    params: keyId,
    body: compromiseKeyBody,
    response: compromisedKey,
    run: (services, { params, body }) => compromiseKey(services, params.id, body),
  }),
  reportLeaks: operation({
    ...common,
    method: 'POST',
    path: '/v1/keys/leaks',
    summary: 'Takes the findings of a scanner and treats active keys among them as compromised.',
    body: leakReport,
    response: leakOutcomes,
    run: (services, { body }) => reportLeaks(services, body),
  }),
  listNotices: operation({
    ...common,
    method: 'GET',
    path: '/v1/notices',
    summary: 'Lists notices, the newest first, with what became of their copies for webhooks.',
    query: noticeFilter,
    response: noticeList,
    run: (services, { query }) => listNotices(services, query),
  }),
  listBlockedLogins: operation({
    ...common,
    method: 'GET',
    path: '/v1/logins/blocked',
    summary: 'Lists the addresses that may not log in for now.',
    response: blockedList,
    run: listBlocked,
  }),
  unblockLogin: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/logins/blocked',
    summary: 'Lets an address log in again, with nothing counted, in every realm.',
    query: blockedAddress,
    response: unblocked,
    run: (services, { query }) => unblock(services, query.address),
  }),
  listBlockedClients: operation({
    ...common,
    method: 'GET',
    path: '/v1/behaviour/blocked',
    summary: 'Lists the clients that are kept out for what they did.',
    response: blockedClientList,
    run: listBlockedClients,
  }),
  unblockClient: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/behaviour/blocked',
    summary: 'Lets a client in again, with nothing counted, in every API.',
    query: blockedClient,
    response: unblockedClient,
    run: (services, { query }) => unblockClient(services, query.client),
  }),
  listRequests: operation({
    ...common,
    method: 'GET',
    path: '/v1/requests',
    summary: 'Lists recent requests and how they were decided, the newest first.',
    query: requestFilter,
    response: requestList,
    run: (services, { query }) => listRequests(services, query),
  }),
  getRequest: operation({
    ...common,
    method: 'GET',
    path: '/v1/requests/{id}',
    summary:
      'Explains one request: every check, its verdict, mode and cost, and what would have let it pass.',
    params: requestId,
    response: explainedRequest,
    run: (services, { params }) => explainRequest(services, params.id),
  }),
  ...WAF_EVENT_OPERATIONS,
  ...USER_OPERATIONS,
  ...TOKEN_OPERATIONS,
  ...LIMIT_REPORT_OPERATIONS,
  ...ATTACK_OPERATIONS,
  ...EXCEPTION_OPERATIONS,
  ...BYPASS_OPERATIONS,
  ...TRIAL_OPERATIONS,
  ...WAF_REPORT_OPERATIONS,
  reload: operation({
    ...common,
    method: 'POST',
    path: '/v1/reload',
    summary: 'Reads the configuration again; when it has a mistake, nothing changes.',
    response: reloadView,
    run: reload,
  }),
  getConfig: operation({
    ...common,
    method: 'GET',
    path: '/v1/config',
    summary: 'Shows the resolved configuration without its secrets.',
    response: z.object({ config: z.unknown() }),
    run: async (services) => ({ config: services.redactedConfig() }),
  }),
  listReasons: operation({
    ...common,
    method: 'GET',
    path: '/v1/reasons',
    summary: 'Lists everything the gateway can say about a request.',
    response: reasonList,
    run: listReasons,
  }),
  getOpenApi: operation({
    ...common,
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'Describes this API as OpenAPI 3.1.',
    response: z.record(z.string(), z.unknown()),
    run: async (services: ControlServices): Promise<OpenApiDocument> =>
      openApi(allOperations(), services.version),
  }),
  ...OAUTH_OPERATIONS,
  ...ADAPTIVE_OPERATIONS,
  getMetrics: operation({
    ...common,
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics for Prometheus.',
    media: PROMETHEUS_MEDIA,
    response: z.string(),
    run: (services) => services.metrics(),
  }),
  live: operation({
    ...common,
    access: 'open',
    method: 'GET',
    path: '/livez',
    summary: 'Succeeds while the process works.',
    response: health,
    run: async (services) => healthOf(services.live()),
  }),
  ready: operation({
    ...common,
    access: 'open',
    method: 'GET',
    path: '/readyz',
    summary: 'Succeeds while requests are served.',
    response: health,
    run: async (services) => healthOf(services.ready()),
  }),
  started: operation({
    ...common,
    access: 'open',
    method: 'GET',
    path: '/startupz',
    summary: 'Succeeds once the gateway has started.',
    response: health,
    run: async (services) => healthOf(services.started()),
  }),
};

export type OperationId = keyof typeof OPERATIONS;

/** What a caller may leave out of the input of an operation. */
export type InputOf<Id extends OperationId> = {
  readonly params?: z.input<(typeof OPERATIONS)[Id]['params']>;
  readonly query?: z.input<(typeof OPERATIONS)[Id]['query']>;
  readonly body?: z.input<(typeof OPERATIONS)[Id]['body']>;
};

export type ResultOf<Id extends OperationId> = z.output<(typeof OPERATIONS)[Id]['response']>;

/** The rows of the table by id. */
export function allOperations(): ReadonlyMap<string, AnyOperation> {
  return new Map<string, AnyOperation>(Object.entries(OPERATIONS));
}
