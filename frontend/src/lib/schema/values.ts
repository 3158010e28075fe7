/** Between the text that a form or a CSV file holds and the value that the service takes. */

import type { Scalar } from '$lib/api/types';
import { number, time } from '$lib/format';
import type { Field } from './fields';

export type Parsed = { value: Scalar } | { error: string };

const TRUE = ['true', 'yes', '1', 't', 'y'];
const FALSE = ['false', 'no', '0', 'f', 'n'];
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Read a field's text; the schema's own limits need no request to the service. */
export function parse(field: Field, raw: string): Parsed {
  const text = raw.trim();
  if (text === '') {
    return field.required ? { error: 'Required' } : { value: null };
  }
  const known = field.options.find((option) => option.text === text);
  if (known) return { value: known.value };
  switch (field.kind) {
    case 'choice':
      if (typeof field.options[0]?.value === 'boolean') return parseBoolean(field, text);
      return { error: 'Choose one from the list' };
    case 'boolean':
      return parseBoolean(field, text);
    case 'integer':
    case 'number':
      return parseNumber(field, text);
    case 'date':
    case 'datetime':
      return parseTime(field, text);
    case 'open-choice':
      return typeof field.options[0]?.value === 'number'
        ? parseNumber(field, text)
        : { value: text };
    default:
      return { value: text };
  }
}

/** Yes and no in any of their words, or in the contract's own, in any case. */
function parseBoolean(field: Field, text: string): Parsed {
  const word = text.toLowerCase();
  const own = field.options.find((option) => option.label.trim().toLowerCase() === word);
  if (own) return { value: own.value };
  if (TRUE.includes(word)) return { value: true };
  if (FALSE.includes(word)) return { value: false };
  const words = field.options.map((option) => option.label.toLowerCase());
  return { error: `Enter ${words.length ? words.join(' or ') : 'yes or no'}` };
}

function parseNumber(field: Field, text: string): Parsed {
  if (!NUMBER.test(text)) return { error: 'Enter a number, with a point for decimals' };
  const value = Number(text);
  if (!Number.isFinite(value)) return { error: 'Enter a smaller number' };
  if (field.kind === 'integer' && !Number.isInteger(value)) {
    return { error: 'Enter a whole number' };
  }
  return limited(field, value);
}

function limited(field: Field, value: number): Parsed {
  const { min, max, above, below } = field;
  if (typeof min === 'number' && value < min)
    return { error: `Enter ${number(min, field.unit)} or more` };
  if (typeof max === 'number' && value > max)
    return { error: `Enter ${number(max, field.unit)} or less` };
  if (above !== undefined && value <= above)
    return { error: `Enter more than ${number(above, field.unit)}` };
  if (below !== undefined && value >= below)
    return { error: `Enter less than ${number(below, field.unit)}` };
  return { value };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATETIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?\s*(Z|[+-]\d{2}:\d{2})?)?$/;

function parseTime(field: Field, text: string): Parsed {
  const parts = DATETIME.exec(text);
  const dateOnly = field.kind === 'date';
  if (!parts || (dateOnly && !DATE.test(text)) || !isDay(parts[1] ?? '')) {
    return { error: `Enter it like ${dateOnly ? '2024-12-31' : '2024-12-31 18:30'}` };
  }
  const value = dateOnly ? text : `${parts[1]}T${parts[2] ?? '00:00'}${parts[3] ?? ':00'}`;
  // The service converts a time with an offset before it looks at limits.
  if (parts[4]) return { value: `${value}${parts[4]}` };
  // ISO times of one form sort as text does.
  const { min, max } = field;
  if (typeof min === 'string' && value < min) return { error: `Enter ${time(min)} or later` };
  if (typeof max === 'string' && value > max) return { error: `Enter ${time(max)} or earlier` };
  return { value };
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** A value as the field's control holds it. */
export function textOf(field: Field, value: Scalar | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number')
    return String(Number(value.toPrecision(field.kind === 'number' ? 6 : 16)));
  const text = String(value);
  return field.kind === 'datetime'
    ? text.replace(/^(.{10})[T ](.{5})(:00(\.0+)?)?$/, '$1 $2')
    : text;
}
