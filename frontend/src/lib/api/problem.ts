/** What can go wrong with a request, as the service says it (RFC 9457). */

import type { FieldProblem } from './types';

export class Problem extends Error {
  readonly status: number;
  /** The last word of the problem's type, such as `no-model`. */
  readonly kind: string;
  readonly title: string;
  readonly errors: FieldProblem[];
  readonly requestId: string;

  constructor(status: number, body: unknown = {}) {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<
      string,
      unknown
    >;
    const title = text(fields['title']) || `The service answered ${status}.`;
    super(text(fields['detail']) || title);
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.kind = text(fields['type']).split(/[/:]/).pop() ?? '';
    this.errors = Array.isArray(fields['errors']) ? (fields['errors'] as FieldProblem[]) : [];
    this.requestId = text(fields['request_id']);
  }
}

/** The service did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super('The service does not answer. Is it still running?');
    this.name = 'Unreachable';
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whether a request was canceled on purpose. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
