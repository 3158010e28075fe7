/** The forms in which files hold values: recognised by column, and said. */

import type { Scalar } from '$lib/api/types';
import type { Field } from '$lib/schema/fields';
import { parse } from '$lib/schema/values';

export type Form =
  | 'comma'
  | 'thousands'
  | 'serial'
  | 'day-first'
  | 'month-first'
  | 'year-first'
  | 'either-way'
  | 'truth';

/** What is said of a form that was recognised, before the names of its columns. */
export const SAID: Record<Form, string> = {
  comma: 'Decimal commas were read as points',
  thousands: 'Separators of thousands were left out',
  serial: 'Excel’s day numbers were read as dates',
  'day-first': 'Dates were read as day, month, year',
  'month-first': 'Dates were read as month, day, year',
  'year-first': 'Dates were read as year, month, day',
  'either-way':
    'Dates were not read, as day or month may come first; write them as 2030-07-15, or add a row ' +
    'with a day after the 12th',
  truth: 'Words such as yes and no were read as true and false',
};

/** What stands for nothing, Excel's own `#N/A` among it. */
const MISSING = new Set(['', 'na', 'n/a', '#n/a', '<na>', 'nan', 'null', 'none']);
const PLAIN = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** `1.234,5`, `1,234.5` and `1.234.567`. */
const COMMA = /^[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+$/;
const COMMAS_APART = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/;
const POINTS_APART = /^[+-]?\d{1,3}(\.\d{3}){2,}$/;
const CLOCK = String.raw`(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?)?$`;
const DATED = new RegExp(String.raw`^(\d{1,2})([./-])(\d{1,2})\2(\d{4})${CLOCK}`, 'i');
/** `2024/12/31`, `2024.12.31` and `2024-1-2`, which are no ISO dates. */
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([./-])(\d{1,2})\2(\d{1,2})${CLOCK}`, 'i');

/** Reads the cells of one column. */
export class ColumnReader {
  /** The forms that were met. */
  readonly met = new Set<Form>();
  readonly #field: Field;
  readonly #free: Field;
  readonly #commaIsPoint: boolean;
  readonly #order: 'day-first' | 'month-first' | null;
  readonly #numeric: boolean;

  /**
   * @param sample The column's first cells, by which forms that alone may mean two things are told.
   * @param delimiter What stands between cells; where it is no comma, a comma is rather a point.
   */
  constructor(field: Field, sample: string[], delimiter: string) {
    this.#field = field;
    this.#numeric =
      field.kind === 'integer' ||
      field.kind === 'number' ||
      typeof field.options[0]?.value === 'number';
    // Only the service checks limits here, so that its message stands at the row. Spreadsheets
    // write whole numbers as 12.0.
    const kind = field.kind === 'integer' ? 'number' : field.kind;
    const limits = { min: undefined, max: undefined, above: undefined, below: undefined };
    this.#free = { ...field, kind, ...limits };
    const cells = sample.map((cell) => cell.trim());
    // What `1,234` is, the other cells say, or else what stands between cells.
    this.#commaIsPoint =
      cells.some((cell) => COMMA.test(cell) && !COMMAS_APART.test(cell)) ||
      (delimiter !== ',' && !cells.some((cell) => COMMAS_APART.test(cell) && !COMMA.test(cell)));
    this.#order = orderOf(cells);
  }

  /** A cell as the service takes it; one that cannot be read is sent as it is, to be refused. */
  read(cell: string): Scalar {
    const text = cell.trim();
    if (!this.#isOption(text) && MISSING.has(text.toLowerCase())) return null;
    return this.#number(text) ?? this.#date(text) ?? this.#plain(text);
  }

  #isOption(text: string): boolean {
    return this.#field.options.some(({ text: word, value, label }) =>
      typeof value === 'boolean'
        ? label.trim().toLowerCase() === text.toLowerCase()
        : word === text,
    );
  }

  #plain(text: string): Scalar {
    const parsed = parse(this.#free, text);
    if (!('value' in parsed)) return text;
    if (typeof parsed.value === 'boolean' && !/^(true|false)$/i.test(text)) this.met.add('truth');
    return parsed.value;
  }

  #number(text: string): number | null {
    if (!this.#numeric || PLAIN.test(text)) return null;
    const bare = text.replace(/(?<=\d)[\s'’](?=\d)/g, '');
    const number = this.#pointed(bare);
    if (number === null) return null;
    this.met.add(number.form);
    return Number(number.text);
  }

  /** A number with separators in the form that computers have, if it is one. */
  #pointed(bare: string): { text: string; form: Form } | null {
    if (PLAIN.test(bare) || POINTS_APART.test(bare)) {
      const points = POINTS_APART.test(bare);
      return { text: points ? bare.replaceAll('.', '') : bare, form: 'thousands' };
    }
    const comma = COMMA.test(bare);
    if (comma && (this.#commaIsPoint || !COMMAS_APART.test(bare))) {
      return { text: bare.replaceAll('.', '').replace(',', '.'), form: 'comma' };
    }
    if (!COMMAS_APART.test(bare)) return null;
    return { text: bare.replaceAll(',', ''), form: 'thousands' };
  }

  #date(text: string): string | null {
    const dateOnly = this.#field.kind === 'date';
    if (!dateOnly && this.#field.kind !== 'datetime') return null;
    const serial = serialDate(text);
    if (serial) {
      this.met.add('serial');
      return dateOnly ? serial.slice(0, 10) : serial;
    }
    const moment = this.#moment(text);
    if (!moment) return null;
    this.met.add(moment.form);
    return dateOnly ? moment.text.slice(0, 10) : moment.text;
  }

  /** A date, with its time, in the form that computers have, if it can be read. */
  #moment(text: string): { text: string; form: Form } | null {
    const ordered = YEAR_FIRST.exec(text);
    if (ordered) {
      const [, year = '', , month = '', day = '', ...clock] = ordered;
      // Of ISO's own dates nothing has to be said.
      if (/^\d{4}-\d\d-\d\d/.test(text) && !clock[3]) return null;
      return { text: momentOf(year, month, day, clock), form: 'year-first' };
    }
    const parts = DATED.exec(text);
    if (!parts) return null;
    const order = orderOf([text]) ?? this.#order;
    const [, first = '', , second = '', year = '', ...clock] = parts;
    if (!order) {
      this.met.add('either-way');
      return null;
    }
    const [day, month] = order === 'day-first' ? [first, second] : [second, first];
    return { text: momentOf(year, month, day, clock), form: order };
  }
}

function momentOf(
  year: string,
  month: string,
  day: string,
  [hour, minute = '00', seconds = '00', half]: (string | undefined)[],
): string {
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return `${date}T${String(hourOf(hour, half)).padStart(2, '0')}:${minute}:${seconds}`;
}

/** Whether days or months come first: points tell it, and numbers that no month has. */
function orderOf(cells: string[]): 'day-first' | 'month-first' | null {
  const dates = cells.map((cell) => DATED.exec(cell)).filter((parts) => parts !== null);
  if (dates.some((parts) => parts[2] === '.' || Number(parts[1]) > 12)) return 'day-first';
  return dates.some((parts) => Number(parts[3]) > 12) ? 'month-first' : null;
}

function hourOf(hour: string | undefined, half: string | undefined): number {
  const shown = Number(hour ?? 0);
  if (!half) return shown;
  return (shown % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

/** A day as Excel counts it, from 1940 to 2120. */
function serialDate(text: string): string | null {
  if (!/^\d{5}(\.\d+)?$/.test(text)) return null;
  const days = Number(text);
  if (days < 14_611 || days > 80_354) return null;
  // Excel's day 25,569 is the first of 1970.
  const moment = new Date(Math.round((days - 25_569) * 86_400) * 1000);
  return moment.toISOString().slice(0, 19);
}
