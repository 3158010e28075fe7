/** Why rows were refused, by reason. */

import type { BatchAnswer, FieldProblem } from '$lib/api/types';
import type { Field } from '$lib/schema/fields';
import type { Line } from './read';

export interface Reason {
  key: string;
  /** What is wrong, in words. */
  text: string;
  rows: number;
  /** The file's lines of the first of them. */
  lines: number[];
  /** What stands in the file there, some different ones, and which listed values come near. */
  received: { value: string; meant: string[] }[];
}

const LINES = 8;
const RECEIVED = 3;

export class Refusals {
  readonly #reasons = new Map<string, Reason>();

  /** Those of most rows first. */
  get list(): Reason[] {
    return [...this.#reasons.values()].sort((one, other) => other.rows - one.rows);
  }

  /** A row that is none: it was not sent. */
  unreadable(line: Line): void {
    const text = line.fault ?? '';
    this.#add(text, text, 1, [line.line]);
  }

  /** What the service refused of the lines that it was sent. */
  answered(answer: BatchAnswer, lines: Line[], fields: Field[]): void {
    for (const group of answer.refusals) {
      const title = fields.find((field) => field.name === group.field)?.title ?? group.field;
      const text = `${title || 'The row'} must be ${group.expected.replace(/, or null$/, '')}`;
      const at = group.first.map((place) => lines[place]?.line ?? 0);
      this.#add(`${group.field}\n${group.expected}`, text, group.rows, at);
    }
    for (const result of answer.results) {
      if ('errors' in result) result.errors.forEach((problem) => this.#show(problem));
    }
  }

  #add(key: string, text: string, rows: number, lines: number[]): void {
    const reason = this.#reasons.get(key) ?? { key, text, rows: 0, lines: [], received: [] };
    reason.rows += rows;
    reason.lines = [...reason.lines, ...lines].slice(0, LINES);
    this.#reasons.set(key, reason);
  }

  #show(problem: FieldProblem): void {
    const reason = this.#reasons.get(`${problem.field}\n${problem.expected}`);
    if (!reason || reason.received.length >= RECEIVED) return;
    if (reason.received.some(({ value }) => value === problem.received)) return;
    reason.received.push({ value: problem.received, meant: problem.suggestions ?? [] });
  }
}
