/** The prediction on the page, and how it differs from the one it is compared with. */

import { api } from '$lib/api/client';
import { Problem, asError, isAborted } from '$lib/api/problem';
import type { Explanation, Row, Scalar } from '$lib/api/types';
import { task } from '$lib/task';

export interface Made {
  row: Row;
  answer: Explanation;
}

export interface Change {
  name: string;
  from: Scalar;
  to: Scalar;
}

type Ask = (row: Row, signal: AbortSignal) => Promise<Explanation>;

export const DEBOUNCE_MS = 250;

export class WhatIf {
  #first = $state.raw<Made | null>(null);
  #now = $state.raw<Made | null>(null);
  #busy = $state(false);
  #stale = $state(false);
  #error = $state.raw<Error | null>(null);
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ask: Ask;

  constructor(ask: Ask = api.explain) {
    this.#ask = ask;
  }

  /** The prediction that was asked for last, which changes are compared with. */
  get first(): Made | null {
    return this.#first;
  }

  /** The prediction of the form as it is. */
  get now(): Made | null {
    return this.#now;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Whether the form has changed since the prediction on the page, or has something wrong. */
  get stale(): boolean {
    return this.#stale;
  }

  /** Why there is no prediction; problems of single fields belong to the form. */
  get error(): Error | null {
    return this.#error;
  }

  /** What differs between the two predictions' rows. */
  readonly changes: Change[] = $derived(differences(this.#first?.row, this.#now?.row));

  readonly difference: number = $derived(
    this.#first && this.#now ? task.difference(this.#first.answer, this.#now.answer) : 0,
  );

  /** Predict a row; later changes are compared with it. */
  async predict(row: Row): Promise<void> {
    const made = await this.#request(row);
    if (made) this.#first = this.#now = made;
  }

  /** The form has changed: predict it soon, unless it changes again. */
  change(read: () => Row | null, refused: (error: unknown) => void): void {
    if (!this.#first && !this.#busy) return;
    this.#stale = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const row = read();
      if (row) this.#follow(row).catch(refused);
    }, DEBOUNCE_MS);
  }

  /** Forget everything, such as when the fields have become others. */
  reset(): void {
    this.#stop();
    this.#first = this.#now = null;
    this.#error = null;
  }

  async #follow(row: Row): Promise<void> {
    const made = await this.#request(row);
    if (!made) return;
    this.#first ??= made;
    this.#now = made;
  }

  /** The answer for a row, or nothing where another request has overtaken this one. */
  async #request(row: Row): Promise<Made | null> {
    this.#stop();
    const abort = (this.#abort = new AbortController());
    this.#busy = true;
    this.#stale = true;
    this.#error = null;
    try {
      const answer = await this.#ask(row, abort.signal);
      if (abort.signal.aborted) return null;
      this.#stale = false;
      return { row, answer };
    } catch (error) {
      if (abort.signal.aborted || isAborted(error)) return null;
      if (!(error instanceof Problem && error.status === 422)) this.#error = asError(error);
      throw error;
    } finally {
      if (this.#abort === abort) this.#busy = false;
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
    this.#busy = false;
  }
}

/** The columns in which two rows differ. */
export function differences(from: Row | undefined, to: Row | undefined): Change[] {
  if (!from || !to) return [];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names
    .map((name) => ({ name, from: from[name] ?? null, to: to[name] ?? null }))
    .filter((change) => change.from !== change.to);
}
