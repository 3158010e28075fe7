/** The service as the app knows it: whether it answers, what it serves, when that changes. */

import { api, apiKey, versionSeen } from '$lib/api/client';
import { Problem, Unreachable, asError } from '$lib/api/problem';
import type { Model, RowSchema } from '$lib/api/types';
import { fieldsOf, type Field } from '$lib/schema/fields';

export type Phase = 'starting' | 'ready' | 'no-model' | 'unreachable' | 'unauthorized' | 'failed';

const CALM_MS = 10_000;
const EAGER_MS = 3_000;

export class Service {
  #phase = $state<Phase>('starting');
  #error = $state.raw<Error | null>(null);
  #schema = $state.raw<RowSchema | null>(null);
  #model = $state.raw<Model | null>(null);
  #away = $state(false);
  #news = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<void> | null = null;

  readonly fields: Field[] = $derived(this.#schema ? fieldsOf(this.#schema) : []);

  get phase(): Phase {
    return this.#phase;
  }

  /** What went wrong, where the phase says that something did. */
  get error(): Error | null {
    return this.#error;
  }

  get schema(): RowSchema | null {
    return this.#schema;
  }

  get model(): Model | null {
    return this.#model;
  }

  /** Whether it answered before and does not now; the page stays as it is. */
  get away(): boolean {
    return this.#away;
  }

  /** A sentence about a change of model since the page was opened; empty without one. */
  get news(): string {
    return this.#news;
  }

  dismissNews(): void {
    this.#news = '';
  }

  /** Watch the service from now on; gives back what stops it. */
  watch(): () => void {
    versionSeen.listener = (version) => {
      if (this.#model && version !== this.#model.version) void this.#load();
    };
    void this.check();
    return () => clearTimeout(this.#timer);
  }

  /** Ask whether the service is ready, and load what it serves where that is new. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const { model_version: version } = await api.ready();
      this.#away = false;
      if (this.#phase !== 'ready' || version !== this.#model?.version) await this.#load();
    } catch (error) {
      this.#fail(error);
    }
    const calm = this.#phase === 'ready' && !this.#away;
    this.#timer = setTimeout(() => void this.check(), calm ? CALM_MS : EAGER_MS);
  }

  /** Try a key that the reader has given. */
  async signIn(key: string): Promise<void> {
    apiKey.set(key.trim());
    await this.check();
  }

  /** A request was answered as only a changed service answers; look again. */
  heed(error: unknown): void {
    if (['unauthorized', 'no-model'].includes(phaseOf(error))) this.#fail(error);
    if (error instanceof Unreachable) void this.check();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#fetch().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #fetch(): Promise<void> {
    try {
      const [schema, model] = await Promise.all([api.schema(), api.model()]);
      const before = this.#model;
      if (before && before.version !== model.version) this.#news = newsOf(before, model);
      this.#schema = schema;
      this.#model = model;
      this.#error = null;
      this.#phase = 'ready';
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof Unreachable && this.#phase === 'ready') {
      this.#away = true;
      return;
    }
    this.#error = asError(error);
    this.#phase = phaseOf(error);
  }
}

function phaseOf(error: unknown): Phase {
  if (error instanceof Unreachable) return 'unreachable';
  if (error instanceof Problem && error.status === 401) return 'unauthorized';
  if (error instanceof Problem && error.kind === 'no-model') return 'no-model';
  return 'failed';
}

function newsOf(before: Model, now: Model): string {
  const form =
    before.contract.hash === now.contract.hash ? '' : ' The form follows the new contract.';
  return `Version ${now.version} replaced version ${before.version}.${form}`;
}

export const service = new Service();
