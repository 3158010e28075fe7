/** From a row's JSON Schema to the fields of a form. */

import type { Property, RowSchema, Scalar } from '$lib/api/types';
import { number, time } from '$lib/format';

export type Kind =
  'choice' | 'open-choice' | 'integer' | 'number' | 'boolean' | 'date' | 'datetime' | 'text';

export interface Option {
  value: Scalar;
  /** The value as a form holds it. */
  text: string;
  label: string;
  /** Other words that people find it by. */
  synonyms: string[];
}

export interface Field {
  name: string;
  title: string;
  description: string;
  kind: Kind;
  /** A row without it is refused. */
  required: boolean;
  unit: string;
  min: number | string | undefined;
  max: number | string | undefined;
  /** Limits that are themselves not allowed. */
  above: number | undefined;
  below: number | undefined;
  options: Option[];
  initial: Scalar;
  /** The table by which it follows from other fields. */
  lookup: { by: string[]; rows: Scalar[][] } | null;
  /** The run as of which it is looked up where it is left empty; empty if it is not. */
  lookedUp: string;
}

/** The fields of a form, in the contract's order. */
export function fieldsOf(schema: RowSchema): Field[] {
  const known = Object.keys(schema.properties);
  const ordered = (schema['x-order'] ?? []).filter((name) => known.includes(name));
  const names = [...ordered, ...known.filter((name) => !ordered.includes(name))];
  return names.map((name) => fieldOf(name, schema));
}

function fieldOf(name: string, schema: RowSchema): Field {
  const outer = schema.properties[name] ?? {};
  const { inner, nullable } = resolve(outer, schema);
  const options = optionsOf(
    inner,
    outer.labels ?? inner.labels ?? {},
    outer['x-synonyms'] ?? inner['x-synonyms'] ?? {},
  );
  return {
    name,
    title: outer.title ?? inner.title ?? name,
    description: outer.description ?? inner.description ?? '',
    kind: kindOf(inner, options),
    required: (schema.required ?? []).includes(name) && !nullable,
    unit: outer.unit ?? inner.unit ?? '',
    min: inner.minimum ?? inner.formatMinimum,
    max: inner.maximum ?? inner.formatMaximum,
    above: inner.exclusiveMinimum,
    below: inner.exclusiveMaximum,
    options,
    initial: outer['x-typical'] ?? null,
    lookup: outer['x-lookup'] ?? null,
    lookedUp: outer['x-looked-up-as-of'] ?? '',
  };
}

/** The schema of a value that is there, and whether it may be missing. */
function resolve(outer: Property, schema: RowSchema): { inner: Property; nullable: boolean } {
  const target = outer.$ref ? schema.$defs?.[outer.$ref.replace('#/$defs/', '')] : undefined;
  if (target) return resolve({ ...target, $ref: '' }, schema);
  if (Array.isArray(outer.type)) {
    const type = outer.type.find((type) => type !== 'null') ?? 'string';
    return { inner: { ...outer, type }, nullable: outer.type.includes('null') };
  }
  if (!outer.anyOf?.length) return { inner: outer, nullable: false };
  const present = outer.anyOf.filter((property) => property.type !== 'null');
  const nullable = present.length < outer.anyOf.length;
  const first = resolve(present[0] ?? {}, schema);
  // What is next to `anyOf`, such as limits of a date, applies to the value, too.
  const inner = { ...outer, ...first.inner, anyOf: [] };
  return { inner, nullable: nullable || first.nullable };
}

function optionsOf(
  inner: Property,
  labels: Record<string, string>,
  synonyms: Record<string, string[]>,
): Option[] {
  const closed = inner.enum ?? (inner.const === undefined ? undefined : [inner.const]);
  if (closed) {
    return closed
      .filter((value) => value !== null)
      .map((value) => option(value, labels[String(value)], synonyms[String(value)]));
  }
  return Object.entries(labels).map(([key, label]) =>
    option(valueOf(key, inner.type), label, synonyms[key]),
  );
}

/** A value from its key in JSON, which is text. */
function valueOf(key: string, type: Property['type']): Scalar {
  if (type === 'boolean') return key === 'true';
  return type === 'integer' || type === 'number' ? Number(key) : key;
}

function option(value: Scalar, label: string | undefined, synonyms: string[] = []): Option {
  const text = String(value);
  if (typeof value === 'boolean') {
    const named = label && label.toLowerCase() !== text;
    return { value, text, label: named ? label : value ? 'Yes' : 'No', synonyms };
  }
  return { value, text, label: label && label !== text ? label : '', synonyms };
}

function kindOf(inner: Property, options: Option[]): Kind {
  if (inner.enum || inner.const !== undefined) return 'choice';
  if (inner.type === 'boolean' && options.length) return 'choice';
  if (options.length) return 'open-choice';
  if (inner.type === 'integer' || inner.type === 'number' || inner.type === 'boolean') {
    return inner.type;
  }
  if (inner.format?.startsWith('date-time')) return 'datetime';
  return inner.format === 'date' ? 'date' : 'text';
}

/** An option as people read it: its label, and its value where that is a code. */
export function optionName(option: Option): string {
  if (typeof option.value === 'boolean') return option.label;
  return option.label ? `${option.label} (${option.text})` : option.text;
}

/** A field's limits in short, such as `0 to 100`, and of a time whose clock it is. */
export function hintOf(field: Field): string {
  const limits = limitsOf(field);
  if (field.kind !== 'datetime' || !field.unit) return limits;
  const zone = `${field.unit.replaceAll('_', ' ')} time`;
  return limits ? `${zone}, ${limits}` : zone;
}

function limitsOf(field: Field): string {
  const { min, max, above, below } = field;
  const low = min ?? above;
  const high = max ?? below;
  if (field.kind !== 'integer' && field.kind !== 'number') {
    if (low !== undefined && high !== undefined) return `${shownLimit(low)} to ${shownLimit(high)}`;
    if (low !== undefined) return `from ${shownLimit(low)}`;
    return high === undefined ? '' : `until ${shownLimit(high)}`;
  }
  const show = (limit: number | string): string => number(Number(limit), field.unit);
  if (low !== undefined && high !== undefined) return `${number(Number(low))} to ${show(high)}`;
  if (low !== undefined)
    return min === undefined ? `more than ${show(low)}` : `${show(low)} or more`;
  if (high === undefined) return '';
  return max === undefined ? `less than ${show(high)}` : `${show(high)} or less`;
}

function shownLimit(limit: number | string): string {
  return time(String(limit).replace(/T00:00(:00)?$/, ''));
}
