// Identifiers that somebody pastes or uploads, made into lines for the daemon. Pure.

export interface ListedLine { line: number; person: string; value: string } // line: from 1, as it stood in the text
export interface Pasted { lines: ListedLine[]; header: string | null } // header: the first line, when it names columns

const BETWEEN = /[,;\t，；]/;

// The cells of one line: commas, semicolons (of either width) or tabs apart; a cell in quotes may have them in it, and "" for a quote.
export function cellsOf(line: string): string[] {
  const cells = [''];
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === '"' && isQuoted && line.charAt(i + 1) === '"') cells[cells.length - 1] += line.charAt(++i);
    else if (c === '"') isQuoted = !isQuoted;
    else if (!isQuoted && BETWEEN.test(c)) cells.push('');
    else cells[cells.length - 1] += c;
  }
  return cells.map((c) => c.trim());
}

// No identifier has only letters: such a first line names columns.
function isHeader(first: string): boolean {
  return /^[\p{L}_ ]+$/u.test(first);
}

// "138…", "phone:138…", "openid:wx01:oA1", each perhaps with a value behind it. What says no type is of `type`.
export function pastedOf(text: string, type: string): Pasted {
  const rows = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/).map((line, i) => ({ line: i + 1, cells: cellsOf(line) })).filter((r) => r.cells[0]);
  const header = rows.length > 1 && isHeader(rows[0]?.cells[0] ?? '') ? (rows.shift()?.cells.join(', ') ?? null) : null;
  const lines = rows.map(({ line, cells: [first = '', value = ''] }) => ({ line, person: /^[a-z_]+:/.test(first) ? first : `${type}:${first}`, value }));
  return { lines, header };
}

// A file's text: UTF-8, else as Chinese spreadsheets write it.
export function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

// Moves the member at `at` by `by`; beyond an end nothing moves.
export function moved<T>(list: readonly T[], at: number, by: number): T[] {
  const to = at + by;
  const copy = [...list];
  const [one] = to >= 0 && to < list.length ? copy.splice(at, 1) : [];
  if (one !== undefined) copy.splice(to, 0, one);
  return copy;
}
