/** The few forms of Markdown that verdicts are written in, as data: nothing of it becomes HTML. */

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] };

export function blocks(markdown: string): Block[] {
  const parsed: Block[] = [];
  for (const line of markdown.split('\n').map((text) => text.trim())) {
    if (line) add(parsed, line);
  }
  return parsed;
}

function add(parsed: Block[], line: string): void {
  const last = parsed.at(-1);
  if (line.startsWith('|')) {
    const cells = line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map(plain);
    if (last?.kind !== 'table') parsed.push({ kind: 'table', head: cells, rows: [] });
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) last.rows.push(cells);
  } else if (/^[-*] /.test(line)) {
    if (last?.kind === 'list') last.items.push(plain(line.slice(2)));
    else parsed.push({ kind: 'list', items: [plain(line.slice(2))] });
  } else {
    parsed.push({ kind: 'text', text: plain(line.replace(/^#+ /, '')) });
  }
}

function plain(text: string): string {
  return text.replace(/\*\*|`/g, '').trim();
}
