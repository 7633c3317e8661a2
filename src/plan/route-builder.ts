import type { AnswerMeter } from '../core/load.ts';
import type { Route, RouteCheck } from '../core/route.ts';
import type { Check, Finisher, Phase, Stage, StageChecks } from '../core/stage.ts';
import { withMode } from './mode.ts';

type Checks = { readonly [phase in Phase | 'deferred']: RouteCheck[] };

type StageFields = Pick<
  Route,
  | 'headChecks'
  | 'deferredChecks'
  | 'bodyChecks'
  | 'responseChecks'
  | 'responseBodyChecks'
  | 'finishers'
  | 'meter'
  | 'bufferBytes'
  | 'inspectBytes'
  | 'responseBodyBytes'
  | 'deferredBytes'
  | 'streamLimitBytes'
>;

/** Collects what the stages compile to for one route. */
export class RouteBuilder {
  readonly checks: Checks = { head: [], deferred: [], body: [], response: [], 'response-body': [] };
  readonly finishers: Finisher[] = [];
  meter: AnswerMeter | null = null;
  bufferBytes = 0;
  inspectBytes = 0;
  responseBodyBytes = 0;
  deferredBytes = 0;
  streamLimitBytes = 0;

  // biome-ignore lint/suspicious/noExplicitAny: each stage has its own configuration type
  add(stage: Stage<any>, mode: 'enforce' | 'observe' | 'off', compiled: StageChecks): void {
    const push = (list: RouteCheck[], phase: Phase, wanted: Check | undefined): void => {
      const check = withMode(wanted, mode);
      if (check !== null) list.push({ stage: stage.name, phase, mode, check });
    };
    const { head, deferred, body, response } = this.checks;
    push(deferred.length > 0 ? deferred : head, 'head', compiled.head);
    push(deferred, 'body', compiled.deferred);
    push(body, 'body', compiled.body);
    push(response, 'response', compiled.response);
    push(this.checks['response-body'], 'response-body', compiled.responseBody);
    if (mode === 'off') return;
    if (compiled.finisher !== undefined) this.finishers.push(compiled.finisher);
    this.meter = compiled.meter ?? this.meter;
    this.bufferBytes = Math.max(this.bufferBytes, compiled.bodyLimitBytes ?? 0);
    this.inspectBytes = Math.max(this.inspectBytes, compiled.inspectLimitBytes ?? 0);
    this.responseBodyBytes = Math.max(this.responseBodyBytes, compiled.responseBodyLimitBytes ?? 0);
    this.deferredBytes = Math.max(this.deferredBytes, compiled.deferredLimitBytes ?? 0);
    const limit = compiled.streamLimitBytes ?? 0;
    if (limit > 0 && mode === 'enforce') {
      this.streamLimitBytes = this.streamLimitBytes === 0 ? limit : Math.min(this.streamLimitBytes, limit);
    }
  }

  /** What of a route comes from its stages. */
  fields(): StageFields {
    const { head, deferred, body, response, 'response-body': responseBody } = this.checks;
    return {
      headChecks: head,
      deferredChecks: deferred,
      bodyChecks: body,
      responseChecks: response,
      responseBodyChecks: responseBody,
      finishers: this.finishers,
      meter: this.meter,
      bufferBytes: this.bufferBytes,
      inspectBytes: this.inspectBytes,
      responseBodyBytes: this.responseBodyBytes,
      deferredBytes: this.deferredBytes,
      streamLimitBytes: this.streamLimitBytes,
    };
  }
}
