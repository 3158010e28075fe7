/** A row being filled in: the text of each field, and its errors. */

import type { FieldProblem, Row } from '$lib/api/types';
import type { Field } from '$lib/schema/fields';
import { following } from '$lib/schema/lookup';
import { parse, textOf } from '$lib/schema/values';

export class Form {
  #fields = $state.raw<Field[]>([]);
  #texts = $state<Record<string, string>>({});
  #errors = $state<Record<string, string>>({});
  /** Whether a prediction was requested, so that the summary lists every problem. */
  #asked = $state(false);
  /** Problems that belong to no field. */
  #general = $state<string[]>([]);

  constructor(fields: Field[] = []) {
    this.adopt(fields);
  }

  get fields(): Field[] {
    return this.#fields;
  }

  get asked(): boolean {
    return this.#asked;
  }

  get general(): string[] {
    return this.#general;
  }

  /** Fields with something wrong, in the form's order: needed ones come first. */
  readonly wrong: Field[] = $derived(
    this.#fields
      .filter((field) => this.#errors[field.name])
      .sort((a, b) => Number(b.required) - Number(a.required)),
  );

  text(name: string): string {
    return this.#texts[name] ?? '';
  }

  error(name: string): string {
    return this.#errors[name] ?? '';
  }

  set(name: string, text: string): void {
    const followers = this.#fields.filter((field) => field.lookup?.by.includes(name));
    const followed = followers.filter((field) => this.text(field.name) === this.following(field));
    this.#put(name, text);
    for (const field of followers) {
      const next = this.following(field);
      // What followed from the value before does not go with the new one.
      if (next !== undefined) this.#put(field.name, next);
      else if (followed.includes(field)) this.#put(field.name, '');
    }
  }

  /** What a field's value is by the contract's table; nothing where that does not say. */
  following(field: Field): string | undefined {
    return following(field, (name) => this.text(name));
  }

  #put(name: string, text: string): void {
    this.#texts[name] = text;
    // What is wrong stays until it is fixed, so that the summary does not go before.
    const field = this.#errors[name] && this.#fields.find((field) => field.name === name);
    if (!field) return;
    const parsed = parse(field, text);
    this.#errors[name] = 'error' in parsed ? parsed.error : '';
  }

  /** Check a field when the reader leaves it. */
  checkField(field: Field): void {
    const parsed = parse(field, this.text(field.name));
    if ('error' in parsed && this.text(field.name) !== '') this.#errors[field.name] = parsed.error;
  }

  /** Take another model's fields; what has been filled in stays where a field of that name does. */
  adopt(fields: Field[]): void {
    const earlier = this.#texts;
    const known = this.#fields.map((field) => field.name);
    this.#texts = Object.fromEntries(
      fields.map((field) => [
        field.name,
        known.includes(field.name) ? (earlier[field.name] ?? '') : textOf(field, field.initial),
      ]),
    );
    this.#clean();
    this.#fields = fields;
  }

  /** The texts as they are, to come back to. */
  snapshot(): Record<string, string> {
    return { ...this.#texts };
  }

  /** Come back to texts that were there before. */
  restore(texts: Record<string, string>): void {
    for (const field of this.#fields) this.#texts[field.name] = texts[field.name] ?? '';
    this.#clean();
  }

  /** Put in a whole row; what it does not hold becomes unknown. */
  fill(row: Row): void {
    for (const field of this.#fields) this.#texts[field.name] = textOf(field, row[field.name]);
    this.#clean();
  }

  /**
   * The row, or nothing where the schema can tell that something is wrong.
   *
   * @param asked Whether the reader has asked for it, and is not in the middle of changing it.
   */
  read(asked = true): Row | null {
    if (asked) this.#asked = true;
    const { row, errors } = this.#parsed();
    this.#errors = errors;
    this.#general = [];
    return Object.keys(errors).length ? null : row;
  }

  /** The row where there is nothing wrong with it; errors are not told. */
  peek(): Row | null {
    const { row, errors } = this.#parsed();
    return Object.keys(errors).length ? null : row;
  }

  /** What was asked for has been answered. */
  settle(): void {
    this.#asked = false;
  }

  #parsed(): { row: Row; errors: Record<string, string> } {
    const row: Row = {};
    const errors: Record<string, string> = {};
    for (const field of this.#fields) {
      const parsed = parse(field, this.text(field.name));
      if ('error' in parsed) errors[field.name] = parsed.error;
      else row[field.name] = parsed.value;
    }
    return { row, errors };
  }

  /** Show the service's own errors at their fields. */
  refuse(problems: FieldProblem[], otherwise: string): void {
    const names = this.#fields.map((field) => field.name);
    const at = problems.filter((problem) => names.includes(problem.field));
    this.#errors = Object.fromEntries(at.map((problem) => [problem.field, problem.message]));
    this.#general = problems
      .filter((problem) => !names.includes(problem.field))
      .map((problem) => (problem.field ? `${problem.field}: ${problem.message}` : problem.message));
    if (!at.length && !this.#general.length) this.#general = [otherwise];
  }

  /** The form's state for a link: every field that is filled in. */
  toQuery(): URLSearchParams {
    const filled = this.#fields.filter((field) => this.text(field.name) !== '');
    return new URLSearchParams(filled.map((field) => [field.name, this.text(field.name)]));
  }

  /** Restore a link's state; gives back whether it held any. */
  fromQuery(query: URLSearchParams): boolean {
    const present = this.#fields.filter((field) => query.has(field.name));
    if (!present.length) return false;
    for (const field of this.#fields) {
      // A needed field that an older link does not name keeps what it began with.
      const absent = field.required ? this.text(field.name) : '';
      this.#texts[field.name] = query.get(field.name) ?? absent;
    }
    this.#clean();
    return true;
  }

  #clean(): void {
    this.#errors = {};
    this.#general = [];
    this.#asked = false;
  }
}
