/** How numbers, dates and values are written, the same everywhere in the app. */

import type { Scalar } from './api/types';

export const NOTHING = '–';

/** A share in percent; near the ends with a decimal, so that it never reads 0 or 100. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  if (value === 0 || value === 1) return `${value * 100}%`;
  const points = value * 100;
  if (points > 0 && points < 0.1) return '<0.1%';
  if (points < 100 && points > 99.9) return '>99.9%';
  const edge = points < 10 || points > 90;
  return `${points.toFixed(edge ? 1 : 0)}%`;
}

/** A number with a sign and two decimals, such as a contribution. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (text === '0.00') return '0.00';
  return `${value > 0 ? '+' : '−'}${text}`;
}

const WHOLE = new Intl.NumberFormat('en-US');

/** A count, with commas. */
export function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : WHOLE.format(value);
}

/** A figure such as a log loss. */
export function figure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return NOTHING;
  return Number.isInteger(value) ? whole(value) : value.toFixed(digits);
}

const QUANTITY = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });

/** A measured or predicted number, to four significant digits. */
export function quantity(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : QUANTITY.format(value);
}

/** A value of a row, with its label and unit where it has them. */
export function shown(
  value: Scalar | undefined,
  label?: string | null,
  unit?: string | null,
): string {
  if (value === null || value === undefined || value === '') return 'unknown';
  // A number's label, such as a day of the week, says all; a code is shown next to its label.
  if (label && typeof value !== 'string') return label;
  if (label && label !== value) return `${label} (${value})`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = typeof value === 'number' ? tidy(value) : tidyTime(value);
  return unit ? `${text}${/^[°%]/.test(unit) ? '' : ' '}${unit}` : text;
}

function tidy(value: number): string {
  const enough = Number.isInteger(value) ? value : Number(value.toPrecision(4));
  return String(enough);
}

function tidyTime(text: string): string {
  return text.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:00(\.0+)?)?$/, '$1 $2');
}

const DAY = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
const MOMENT = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short' });

/** A date such as `2024-07-15`. */
export function day(text: string | null | undefined): string {
  if (!text) return NOTHING;
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? text : DAY.format(date);
}

/** The day before a date, for periods that end before it. */
export function dayBefore(text: string): string {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - 1);
  return day(date.toISOString());
}

/** A moment in UTC, in the reader's own zone. */
export function moment(text: string | null | undefined): string {
  if (!text) return NOTHING;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : MOMENT.format(date);
}

/** The name of a figure: `log_loss` is "Log loss". */
export function words(name: string): string {
  const text = name.replace(/[_.]+/g, ' ').trim();
  return /^(auc|psi|mae|rmse)$/i.test(text)
    ? text.toUpperCase()
    : text.charAt(0).toUpperCase() + text.slice(1);
}

/** The first sentence of a text, without what explains it further. */
export function sentence(text: string): string {
  const first = text.trim().split(/(?<=[.!?])\s/)[0] ?? '';
  return first && !/[.!?]$/.test(first) ? `${first}.` : first;
}

/** A text with a capital first. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One or many, such as `1 row` and `2,000 rows`. */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${whole(value)} ${value === 1 ? singular : plural}`;
}
