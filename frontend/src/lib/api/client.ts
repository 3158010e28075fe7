/** The service, with the types that its OpenAPI document gives. */

import { follow } from '$lib/task/current.svelte';
import createClient, { type Middleware } from 'openapi-fetch';
import { Problem, Unreachable, isAborted } from './problem';
import type { paths } from './schema';
import type { Report, Row, RowSchema } from './types';

const KEY = 'weekwise-api-key';

/** The API key lives as long as the tab, and goes nowhere but to the service. */
export const apiKey = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (key: string): void => sessionStorage.setItem(KEY, key),
  forget: (): void => sessionStorage.removeItem(KEY),
};

const authorize: Middleware = {
  onRequest({ request }) {
    const key = apiKey.get();
    if (key) request.headers.set('Authorization', `Bearer ${key}`);
    return request;
  },
};

/** Called with the model version of each answer that names one. */
export const versionSeen: { listener: (version: string) => void } = { listener: () => undefined };

const heed: Middleware = {
  onResponse({ response }) {
    const version = response.headers.get('X-Model-Version');
    if (version) versionSeen.listener(version);
  },
};

/** Where the service is: always next to the page, behind any proxy. */
export function serviceUrl(path = ''): string {
  return new URL(`api/${path}`, document.baseURI).href;
}

// The service answers batches with tables, too, where a client asks for them.
const client = createClient<paths, 'application/json'>({
  baseUrl: serviceUrl().replace(/\/$/, ''),
});
client.use(authorize, heed);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's content; what is not a success is thrown as a `Problem`. */
async function content<T>(answer: Promise<Answer<T>>): Promise<T> {
  let received: Answer<T>;
  try {
    received = await answer;
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new Unreachable();
  }
  if (received.response.ok) return received.data as T;
  // A proxy answers in place of a service that is down.
  if ([502, 504].includes(received.response.status)) throw new Unreachable();
  throw new Problem(received.response.status, received.error);
}

export const api = {
  ready: () => content(client.GET('/health/ready')),
  // These two are plain JSON in the service's OpenAPI document: their shape is JSON Schema's own,
  // and that of the run that wrote the report.
  schema: () => content(client.GET('/schema')) as Promise<unknown> as Promise<RowSchema>,
  report: (asOf: string) =>
    content(
      client.GET('/reports/{as_of}', { params: { path: { as_of: asOf } } }),
    ) as Promise<unknown> as Promise<Report>,
  model: async () => {
    const model = await content(client.GET('/model'));
    follow(model.task, model.target);
    return model;
  },
  explain: (row: Row, signal: AbortSignal) =>
    content(client.POST('/explain', { body: row, signal })),
  batch: (rows: Row[], signal: AbortSignal) =>
    content(client.POST('/predict/batch', { body: { rows }, signal })),
  shadow: () => content(client.GET('/shadow')),
  reports: () => content(client.GET('/reports')),
  reportPage: (asOf: string) =>
    content(
      client.GET('/reports/{as_of}/page', {
        params: { path: { as_of: asOf } },
        parseAs: 'text',
      }),
    ),
};
