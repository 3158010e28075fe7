/** Finding one of many options by some letters of its code or label. */

import { type Option } from './fields';

/** Options that hold every word of the query: codes first, then what begins with it, then the rest. */
export function search(options: Option[], query: string): Option[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (!words.length) return options;
  const whole = plain(query).trim();
  const ranked = options
    .map((option) => ({ option, rank: rank(option, words, whole) }))
    .filter((match) => match.rank >= 0);
  return ranked.sort((a, b) => a.rank - b.rank).map((match) => match.option);
}

function rank(option: Option, words: string[], whole: string): number {
  const code = plain(option.text);
  const label = plain(option.label);
  const all = `${code} ${label} (${code})`;
  if (!words.every((word) => all.includes(word))) return -1;
  if (code === whole) return 0;
  if (code.startsWith(whole)) return 1;
  return label.startsWith(whole) ? 2 : 3;
}

/** Without case and accents. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
