/** The predict page's state, which outlives the page: going to another one and back loses nothing. */

import { Problem } from '$lib/api/problem';
import type { Row } from '$lib/api/types';
import { Form } from './form.svelte';
import { WhatIf } from './whatif.svelte';
import { toHash } from './router.svelte';
import { service } from './service.svelte';

export class PredictPage {
  readonly form = new Form();
  readonly whatif = new WhatIf();
  #example = $state(-1);
  /** Whether the prediction is that of the values which the form began with. */
  #typical = $state(false);
  #restored = '';
  #texts: Record<string, string> = {};

  /** The number of the example that was put in last; -1 before any. */
  get example(): number {
    return this.#example;
  }

  get typical(): boolean {
    return this.#typical && !this.whatif.changes.length;
  }

  /** The form and its state as a link. */
  get link(): string {
    return new URL(toHash('predict', this.form.toQuery()), location.href).href;
  }

  /** Follow the fields of the model in service. */
  adopt(): void {
    if (this.form.fields === service.fields) return;
    const first = !this.form.fields.length;
    this.form.adopt(service.fields);
    // What is compared must come from one model.
    if (!first && this.whatif.first) void this.predict();
  }

  /** Restore a link and predict it; without one, what the form begins with. */
  async restore(query: URLSearchParams): Promise<void> {
    const text = query.toString();
    if (text && text === this.#restored) return;
    if (text && this.form.fromQuery(query)) {
      this.#restored = text;
      await this.predict();
    } else if (!this.whatif.first && !this.whatif.busy) {
      await this.#begin();
    }
  }

  /** Predict the typical row unasked: the address stays as it is, and nothing is found fault with. */
  async #begin(): Promise<void> {
    const row = this.form.peek();
    if (!row) return;
    this.#texts = this.form.snapshot();
    try {
      await this.whatif.predict(row);
      this.#typical = true;
    } catch (error) {
      if (!(error instanceof Problem && error.status === 422)) service.heed(error);
    }
  }

  /** Predict what the form holds; gives back whether that could be done. */
  async predict(): Promise<boolean> {
    const row = this.form.read();
    if (!row) return false;
    // Before the answer is there the form may have changed again.
    const [texts, query] = [this.form.snapshot(), this.form.toQuery()];
    try {
      await this.whatif.predict(row);
    } catch (error) {
      this.#refused(error);
      return false;
    }
    this.#typical = false;
    this.form.settle();
    this.#remember(texts, query);
    return true;
  }

  /** Something in the form has changed. */
  change(): void {
    this.whatif.change(
      () => this.form.read(false),
      (error) => this.#refused(error),
    );
  }

  fillNext(examples: Row[]): void {
    this.#example = (this.#example + 1) % examples.length;
    const row = examples[this.#example];
    if (row) this.form.fill(row);
    this.change();
  }

  undo(): void {
    this.form.restore(this.#texts);
    this.change();
  }

  /** The address holds the predicted form, so that loading the page again restores it. */
  #remember(texts: Record<string, string>, query: URLSearchParams): void {
    this.#texts = texts;
    this.#restored = query.toString();
    history.replaceState(history.state, '', toHash('predict', query));
  }

  #refused(error: unknown): void {
    if (error instanceof Problem && error.status === 422) {
      this.form.refuse(error.errors, error.message);
    } else {
      service.heed(error);
    }
  }
}

export const predictPage = new PredictPage();
