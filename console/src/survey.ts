// What answers about tags and segments say, put in the shapes that pictures are drawn of. Pure.
import type { Answer, AudienceKind, Definition, Labelled, Overlap, Reach, ReachSurvey } from './api';
import type { Lang } from './words';

export type Row = Record<string, unknown>;

// Rows of an answer by the names of its columns.
export function records(answer: Answer): Row[] {
  return answer.rows.map((row) => Object.fromEntries(answer.columns.map((c, i) => [c.name, row[i]])));
}

export function figure(row: Row, name: string): number {
  const value = row[name];
  return typeof value === 'number' ? value : 0;
}

const NO_REASONS = ['channel', 'channel_zh', 'reachable', 'share'];

// As reach of a brand is told, by channel; the row of any channel comes first.
export function reachOfSurvey(survey: ReachSurvey): Reach {
  const channels = records(survey).map((row) => ({
    channel: String(row['channel']), en: String(row['channel']), zh: String(row['channel_zh']), people: survey.people, reachable: figure(row, 'reachable'),
    excluded: Object.fromEntries(survey.columns.map((c) => c.name).filter((n) => !NO_REASONS.includes(n)).map((n) => [n, figure(row, n)])),
  }));
  return { pending: survey.pending, brand: survey.brand, purpose: survey.purpose, channels };
}

export interface GrowthDay { day: string; size: number | null; entered: number; left: number } // size: as the day began; null: not known

// The days of an answer, and behind them what holds now.
export function growthDays(answer: Answer): GrowthDay[] {
  const days = records(answer).map((row) => ({
    day: String(row['day']), size: typeof row['size'] === 'number' ? row['size'] : null, entered: figure(row, 'entered'), left: figure(row, 'left'),
  }));
  return [...days, { day: '', size: answer.people ?? null, entered: 0, left: 0 }];
}

// Of those in `of` the share that is in `with`, by the two; itself left out.
export function overlapShares(overlap: Overlap): Map<string, number> {
  return new Map(records(overlap).filter((r) => r['set'] !== r['with']).map((r) => [`${String(r['set'])} ${String(r['with'])}`, figure(r, 'of_set')]));
}

export function nameOf(d: { name: string; label_zh: string | null; label_en: string | null }, lang: Lang): string {
  return (lang === 'zh' ? d.label_zh : d.label_en) || d.label_zh || d.label_en || d.name;
}

export function pathOf(kind: AudienceKind, name = '', ...rest: string[]): string {
  return [kind === 'tag' ? 'tags' : 'segments', ...[name, ...rest].filter((x) => x !== '')].map(encodeURIComponent).join('/');
}

export function fits(d: Labelled & Pick<Definition, 'owner' | 'category'>, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [d.name, d.label_zh, d.label_en, d.owner, d.category].some((x) => x?.toLowerCase().includes(wanted));
}

export interface Fault { at: number | null; nearest: string | null } // at: which character, counted from 0

// Where in an expression something is wrong and what was meant, out of what the daemon says of it in either language.
export function faultOf(detail: string): Fault {
  const at = /at character (\d+)|第 (\d+) 个字符/.exec(detail);
  const nearest = /did you mean ['"](.+?)['"]\?|是不是“(.+?)”\?/.exec(detail);
  return { at: at ? Number(at[1] ?? at[2]) - 1 : null, nearest: nearest?.[1] ?? nearest?.[2] ?? null };
}

// The word that begins at a character: a name, or one character of another sort. Characters are code points, as the daemon counts.
export function wordAt(text: string, at: number): { before: string; word: string; after: string } {
  const chars = [...text];
  const isName = (c: string | undefined) => c !== undefined && /[\p{L}\p{N}_]/u.test(c);
  const quote = chars[at] === "'" || chars[at] === '"' ? 1 : 0;
  let end = at + quote;
  while (isName(chars[end])) end++;
  const from = Math.min(at + (end > at + quote ? quote : 0), chars.length);
  end = Math.max(end, Math.min(from + 1, chars.length));
  return { before: chars.slice(0, from).join(''), word: chars.slice(from, end).join(''), after: chars.slice(end).join('') };
}
