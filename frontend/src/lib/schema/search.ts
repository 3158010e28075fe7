/** Finding one of many options by some letters of its code, its label or another word for it. */

import { type Option } from './fields';

/**
 * Options that hold every word of the query: codes first, then what begins with it, then the rest;
 * where there are none, those whose words differ from it by a slip.
 */
export function search(options: Option[], query: string): Option[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (!words.length) return options;
  const whole = plain(query).trim();
  const found = ranked(options, (option) => rank(option, words, whole));
  return found.length ? found : ranked(options, (option) => slips(option, words));
}

/** The option that a text names in full: by code, label, both, or another word that only it has. */
export function named(options: Option[], text: string): Option | undefined {
  const whole = plain(text).trim();
  if (!whole) return undefined;
  const own = options.find((option) =>
    [option.text, option.label, `${option.text} – ${option.label}`].some(
      (words) => plain(words) === whole,
    ),
  );
  if (own) return own;
  const others = options.filter((option) => option.synonyms.some((word) => plain(word) === whole));
  return others.length === 1 ? others[0] : undefined;
}

/** The other word by which a query found an option; empty where its code or label did. */
export function foundBy(option: Option, query: string): string {
  const words = plain(query).split(/\s+/).filter(Boolean);
  const own = plain(`${option.text} ${option.label}`);
  if (words.every((word) => own.includes(word))) return '';
  return option.synonyms.find((word) => words.some((part) => plain(word).includes(part))) ?? '';
}

function ranked(options: Option[], rank: (option: Option) => number): Option[] {
  return options
    .map((option) => ({ option, rank: rank(option) }))
    .filter((match) => match.rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .map((match) => match.option);
}

function rank(option: Option, words: string[], whole: string): number {
  const code = plain(option.text);
  const label = plain(option.label);
  const others = option.synonyms.map(plain);
  const all = `${code} ${label} (${code}) ${others.join(' ')}`;
  if (!words.every((word) => all.includes(word))) return -1;
  if (code === whole) return 0;
  if (code.startsWith(whole)) return 1;
  return [label, ...others].some((text) => text.startsWith(whole)) ? 2 : 3;
}

/** How many letters the query's words differ in from words of the option; -1 for too many. */
function slips(option: Option, words: string[]): number {
  const known = plain([option.text, option.label, ...option.synonyms].join(' ')).split(/\W+/);
  let total = 0;
  for (const word of words) {
    const allowed = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
    const least = Math.min(
      ...known.map((other) => distance(word, other.slice(0, word.length + 1))),
      ...known.map((other) => distance(word, other)),
    );
    if (least > allowed) return -1;
    total += least;
  }
  return total;
}

/** Letters to change, add, drop or swap between two words (optimal string alignment). */
function distance(one: string, other: string): number {
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let at = 1; at <= other.length; at++) {
      const same = one[row - 1] === other[at - 1] ? 0 : 1;
      let least = Math.min(
        (last[at] ?? 0) + 1,
        (next[at - 1] ?? 0) + 1,
        (last[at - 1] ?? 0) + same,
      );
      const swapped = one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1];
      if (row > 1 && at > 1 && swapped) least = Math.min(least, (before[at - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, last] = [last, next];
  }
  return last[other.length] ?? 0;
}

/** Without case and accents. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
