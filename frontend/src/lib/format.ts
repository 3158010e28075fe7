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
  const rounded = Number(points.toFixed(1));
  const edge = rounded < 10 || rounded > 90;
  return `${points.toFixed(edge ? 1 : 0)}%`;
}

/** A number with a sign and so many decimals, such as a contribution. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
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

/** A measured or predicted number, to four significant digits, with its unit. */
export function quantity(value: number | null | undefined, unit?: string | null): string {
  if (value === null || value === undefined) return NOTHING;
  // Digits before the point are never rounded away.
  const text = Math.abs(value) >= 10_000 ? WHOLE.format(Math.round(value)) : QUANTITY.format(value);
  return measured(text, unit);
}

/** A difference between two such numbers. */
export function signedQuantity(value: number, unit?: string | null): string {
  const sign = value === 0 ? '' : value > 0 ? '+' : '−';
  return `${sign}${quantity(Math.abs(value), unit)}`;
}

/** A number as it is, with its unit. Without a unit, four digits may well be a year. */
export function number(value: number, unit?: string | null): string {
  const year = !unit && Number.isInteger(value) && Math.abs(value) < 10_000;
  return measured(year ? String(value) : EXACT.format(value), unit);
}

const EXACT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 12 });

/** A text with the unit behind it. */
export function measured(text: string, unit?: string | null): string {
  if (!unit) return text;
  return `${text}${/^[°%]/.test(unit) ? '' : ' '}${unit}`;
}

/** A value of a row, with its label and unit where it has them. */
export function shown(
  value: Scalar | undefined,
  label?: string | null,
  unit?: string | null,
): string {
  if (value === null || value === undefined || value === '') return 'unknown';
  // A number's label, such as a day of the week, says all; a code is shown next to its label.
  const own = label && label.toLowerCase() !== String(value);
  if (own && typeof value !== 'string') return label;
  if (own && typeof value === 'string' && label !== value) return `${label} (${value})`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return number(tidy(value), unit);
  return measured(time(value), unit);
}

function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

/** A date or time in the one form of the app, `2024-07-15 18:30`; any other text as it is. */
export function time(text: string): string {
  return text
    .replace(/^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:00(\.0+)?)?$/, '$1 $2')
    .replace(/^(\d{4}-\d{2}-\d{2}) 00:00$/, '$1');
}

/** A date such as `2024-07-15`. */
export function day(text: string | null | undefined): string {
  return text ? text.slice(0, 10) : NOTHING;
}

/** The day before a date, for periods that end before it. */
export function dayBefore(text: string): string {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - 1);
  return day(date.toISOString());
}

/** A moment in UTC, on the reader's own clock: `2024-07-15 18:30`. */
export function moment(text: string | null | undefined): string {
  if (!text) return NOTHING;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const own = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return own.toISOString().slice(0, 16).replace('T', ' ');
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
