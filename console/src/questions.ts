// Questions about events as the page asks them: what stands in a form is made a question, a cell of its answer is found again. Pure.
import type { Answer, AnswerColumn, QuestionKind } from './api';
import type { Row } from './survey';

export type Draft = Readonly<Record<string, string>>; // what is typed, by member

// Those that a form shows at once, and what it begins with. Kinds that aren't here begin empty, and show all they have.
const SHOWN: Record<string, { members: readonly string[]; draft: Draft }> = {
  funnel: { members: ['steps', 'window', 'order', 'breakdown'], draft: { steps: 'product_viewed\ncart_added\norder_paid', window: '7d' } },
  retention: { members: ['start', 'return', 'unit', 'periods', 'mode'], draft: { start: 'product_viewed', unit: 'week', periods: '6' } },
  path: { members: ['start', 'end', 'nodes', 'gap', 'event'], draft: {} },
  trend: { members: ['series', 'unit', 'breakdown', 'cumulative'], draft: { series: 'order_paid', unit: 'day' } },
  distribution: { members: ['event', 'of', 'value', 'buckets'], draft: { event: 'order_paid' } },
  lifecycle: { members: ['event', 'unit'], draft: { unit: 'week' } },
  stickiness: { members: ['event', 'measure', 'unit', 'interval'], draft: {} },
  sessions: { members: ['gap', 'unit', 'by'], draft: {} },
  cohort: { members: ['event', 'return', 'unit', 'periods', 'measure', 'show'], draft: { event: 'order_paid', unit: 'month', periods: '6', show: 'shares' } },
  ltv: { members: ['event', 'value', 'unit', 'periods', 'refund'], draft: { event: 'order_paid', value: 'amount', unit: 'month', periods: '6' } },
  rfm: { members: ['event', 'value', 'scoring', 'show'], draft: { event: 'order_paid', value: 'amount' } },
  value: { members: ['purchase', 'amount', 'model'], draft: { purchase: 'order_paid', amount: 'amount' } },
  wallet: { members: ['value', 'total', 'per', 'breakdown', 'refund', 'show'], draft: { value: 'amount', refund: 'refund_done', total: '' } },
  survival: { members: ['start', 'end', 'unit', 'breakdown'], draft: { start: 'product_viewed', end: 'order_paid' } },
  attribution: { members: ['touches', 'conversion', 'channel', 'value', 'look_back'], draft: { touches: 'page_viewed', conversion: 'order_paid', channel: 'channel', look_back: '30d' } },
  drivers: { members: ['conversion', 'start', 'within', 'convert_within'], draft: { conversion: 'order_paid' } },
};
export const COMMON_SHOWN: readonly string[] = ['last', 'segment', 'where'];
const FIRST_LAST = '30d';
const LONG_LAST = '180d';
const LONG = ['cohort', 'ltv', 'rfm', 'value', 'wallet', 'survival']; // of which a month says little

export function draftOf(kind: string): Draft {
  return { last: LONG.includes(kind) ? LONG_LAST : FIRST_LAST, ...SHOWN[kind]?.draft };
}

// Members of a kind, those that are shown at once first; the others wait to be unfolded.
export function membersOf(kind: QuestionKind): { shown: QuestionKind['members']; others: QuestionKind['members'] } {
  const wanted = SHOWN[kind.name]?.members;
  if (!wanted) return { shown: kind.members, others: [] };
  const shown = wanted.flatMap((name) => kind.members.filter((m) => m.name === name));
  return { shown, others: kind.members.filter((m) => !wanted.includes(m.name)) };
}

export type Field = 'events' | 'event' | 'choice' | 'text';
const EVENTS = ['steps', 'series', 'hide', 'touches', 'behaviours'];
const EVENT = ['event', 'start', 'end', 'return', 'first', 'refund', 'purchase', 'conversion', 'anchor'];
const CHOICES: Record<string, readonly string[]> = {
  unit: ['hour', 'day', 'week', 'month', 'quarter', 'year'], of: ['count', 'sum', 'value'], scoring: ['ntile', 'cut'], cumulative: ['true'], subject: ['person', 'order', 'conversation', 'staff'],
  // What means something else of each kind.
  'funnel.order': ['ordered', 'strict', 'any'], 'cohort.show': ['counts', 'shares'], 'rfm.show': ['segments', 'scores', 'grid'], 'wallet.show': ['groups', 'bands'], 'wallet.per': ['year', 'month', 'range'], 'cohort.measure': ['people', 'events', 'value'],
  'stickiness.measure': ['buckets', 'ratios'], 'sessions.by': ['nothing', 'entry', 'exit'], 'retention.mode': ['on', 'on_or_after', 'bracket', 'on_or_before', 'streak'], 'retention.clock': ['calendar', 'rolling', 'rolling_hours'], 'value.model': ['bgnbd', 'pareto_nbd', 'bgbb'],
  'stickiness.unit': ['hour', 'day', 'week', 'month'],
};

export function choicesOf(kind: string, member: string): readonly string[] {
  return CHOICES[`${kind}.${member}`] ?? CHOICES[member] ?? [];
}

// As which it is typed.
export function fieldOf(kind: string, member: string): Field {
  if (EVENTS.includes(member)) return 'events';
  if (EVENT.includes(member)) return 'event';
  return choicesOf(kind, member).length > 0 ? 'choice' : 'text';
}

// What is written as JSON is that; else it is a text. A list is written with commas, or a line each.
function valueOf(kind: string, member: string, text: string): unknown {
  const said = text.trim();
  if (/^[[{"]/.test(said) || /^(true|false|null|-?\d+(\.\d+)?)$/.test(said)) {
    try {
      return JSON.parse(said);
    } catch {
      return said;
    }
  }
  const isList = fieldOf(kind, member) === 'events' || member === 'breakdown' || said.includes('\n');
  return isList && member !== 'where' ? said.split(/[\n,，]/).map((x) => x.trim()).filter((x) => x !== '') : said;
}

export function questionOf(kind: string, draft: Draft): Row {
  return Object.fromEntries(Object.entries(draft).filter(([, text]) => text.trim() !== '').map(([member, text]) => [member, valueOf(kind, member, text)]));
}

// --- answers ---

// By which members the people of a row are asked for; a row of another kind has none.
const CELLS: Record<string, readonly string[]> = {
  funnel: ['step', 'unit'], retention: ['cohort', 'period'], path: ['level', 'from', 'to'], trend: ['unit'], distribution: ['from', 'until'], lifecycle: ['unit'],
  stickiness: ['interval', 'active_units'], sessions: ['unit'], cohort: ['cohort'], ltv: ['cohort'], rfm: ['segment', 'r', 'f', 'm'], survival: ['periods'], wallet: ['band'],
};
const FIGURES: readonly string[] = ['number', 'share', 'money'];

// The cell behind one figure of an answer, as the daemon calls it; null: it has no people of its own.
export function cellOf(kind: string, answer: Answer, row: Row, column: AnswerColumn): Row | null {
  const keys = CELLS[kind];
  if (!keys || !FIGURES.includes(column.kind ?? '') || keys.includes(column.name) || typeof row[column.name] !== 'number') return null;
  const names = answer.columns.map((c) => c.name);
  const cell: Row = Object.fromEntries(keys.filter((k) => names.includes(k) && row[k] !== null && row[k] !== undefined).map((k) => [k, row[k]]));
  if (cell['interval'] === 'range') delete cell['interval'];
  if (kind === 'retention' && /^\d+$/.test(String(cell['period']))) cell['period'] = Number(cell['period']);
  if (kind === 'retention' && column.name === 'size') delete cell['period'];
  if (kind === 'lifecycle') {
    if (column.name === 'active') return null;
    cell['standing'] = column.name;
  }
  if (kind === 'wallet') {
    if (['people', 'with_total', 'coverage'].includes(column.name)) return null; // more than those who are measured
    if (column.name === 'exceeding') cell['who'] = 'exceeding';
  }
  const period = /^period_(\d+)$/.exec(column.name)?.[1];
  if (kind === 'cohort' && period !== undefined) cell['period'] = Number(period);
  const value = names.find((n) => !keys.includes(n) && answer.columns[0]?.name === n && answer.columns[0]?.kind === 'text');
  if (kind === 'trend') {
    const series = answer.columns.filter((c) => c.kind === 'number' || c.kind === 'money' || c.kind === 'share').findIndex((c) => c.name === column.name);
    if (series >= 0) cell['series'] = series + 1;
  }
  if (value !== undefined && kind !== 'rfm') cell['value'] = row[value];
  return Object.keys(cell).length > 0 ? cell : null;
}

export interface Lines { units: string[]; lines: { name: string; values: (number | null)[] }[] }

// Figures by period, a line for each value that they are apart by; null: the answer has no periods.
export function linesOf(answer: Answer, named: (c: AnswerColumn) => string, told: (c: AnswerColumn, value: unknown) => string): Lines | null {
  const unit = answer.columns.findIndex((c) => c.name === 'unit');
  if (unit < 0) return null;
  const figures = answer.columns.flatMap((c, i) => (c.kind === 'number' || c.kind === 'money' ? [i] : []));
  const apart = answer.columns.slice(0, unit);
  const units = [...new Set(answer.rows.map((r) => String(r[unit])))];
  const lines = new Map<string, (number | null)[]>();
  for (const row of answer.rows)
    for (const i of apart.length > 0 ? figures.slice(0, 1) : figures) {
      const column = answer.columns[i];
      const name = apart.length > 0 ? apart.map((c, k) => told(c, row[k])).join(' · ') : column ? named(column) : '';
      const values = lines.get(name) ?? units.map(() => null);
      values[units.indexOf(String(row[unit]))] = typeof row[i] === 'number' ? row[i] : null;
      lines.set(name, values);
    }
  return { units, lines: [...lines].map(([name, values]) => ({ name, values })) };
}

export interface Heat { columns: string[]; rows: { id: string; size: number; cells: { share: number; told: number; isShare: boolean; isWhole: boolean; row: Row; column: AnswerColumn }[] }[] }

// Cohorts by period: of retention a row of the answer is a cell, of cohorts a column is.
export function heatOf(answer: Answer): Heat | null {
  const periods = answer.columns.filter((c) => /^period_\d+$/.test(c.name));
  const at = (row: readonly unknown[], name: string) => row[answer.columns.findIndex((c) => c.name === name)];
  const records = answer.rows.map((r) => Object.fromEntries(answer.columns.map((c, i) => [c.name, r[i]])));
  const rate = answer.columns.find((c) => c.name === 'rate');
  if (answer.columns.some((c) => c.name === 'cohort') && periods.length > 0) {
    const figures = answer.rows.flatMap((r) => periods.map((p) => Number(at(r, p.name) ?? 0)));
    const most = Math.max(1e-9, ...figures);
    const isShare = periods[0]?.kind === 'share';
    return {
      columns: periods.filter((p) => records.some((row) => typeof row[p.name] === 'number')).map((p) => p.name.slice('period_'.length)),
      rows: records.map((row) => ({
        id: String(row['cohort']), size: Number(row['size']),
        cells: periods.flatMap((column, i) => (typeof row[column.name] !== 'number' ? [] : [{ share: isShare ? Number(row[column.name]) : Number(row[column.name]) / most, told: Number(row[column.name]), isShare, isWhole: i < Number(row['complete_periods']), row, column }])),
      })),
    };
  }
  if (!rate || !answer.columns.some((c) => c.name === 'period')) return null;
  const rows = new Map<string, Heat['rows'][number]>();
  for (const row of records) {
    const id = String(row['cohort']);
    const of = rows.get(id) ?? { id, size: Number(row['size']), cells: [] };
    of.cells.push({ share: Number(row['rate'] ?? 0), told: Number(row['rate'] ?? 0), isShare: true, isWhole: row['is_complete'] === true, row, column: rate });
    rows.set(id, of);
  }
  return { columns: [...new Set(records.map((r) => String(r['period'])))], rows: [...rows.values()] };
}

export interface Node { name: string; level: number; flow: number; y: number } // y: of all that flows at its level, what stands above it
export interface Link { from: Node; to: Node; count: number; row: Row; fromY: number; toY: number }

// Transitions by level, as nodes in columns and bands between them; both of the largest first.
export function flowOf(answer: Answer): { nodes: Node[]; links: Link[] } | null {
  if (!['level', 'from', 'to', 'count'].every((n) => answer.columns.some((c) => c.name === n))) return null;
  const records: Row[] = answer.rows.map((r) => Object.fromEntries(answer.columns.map((c, i) => [c.name, r[i]])));
  const nodes = new Map<string, Node & { in: number; out: number }>();
  const node = (level: number, name: string) => {
    const key = `${level} ${name}`;
    const known = nodes.get(key) ?? { name, level, flow: 0, y: 0, in: 0, out: 0 };
    nodes.set(key, known);
    return known;
  };
  const sorted = [...records].sort((a, b) => Number(b['count']) - Number(a['count']));
  for (const r of sorted) {
    node(Number(r['level']), String(r['from'])).out += Number(r['count']);
    node(Number(r['level']) + 1, String(r['to'])).in += Number(r['count']);
  }
  const below = new Map<number, number>();
  for (const n of [...nodes.values()].sort((a, b) => Math.max(b.in, b.out) - Math.max(a.in, a.out))) {
    n.flow = Math.max(n.in, n.out);
    n.y = below.get(n.level) ?? 0;
    below.set(n.level, n.y + n.flow);
    n.in = n.out = 0; // from here on: how much of it bands have taken
  }
  const links = sorted.map((row) => {
    const from = node(Number(row['level']), String(row['from']));
    const to = node(Number(row['level']) + 1, String(row['to']));
    const count = Number(row['count']);
    const link = { from, to, count, row, fromY: from.y + from.out, toY: to.y + to.in };
    from.out += count;
    to.in += count;
    return link;
  });
  return { nodes: [...nodes.values()], links };
}

// The columns that a reader of one language needs: where a row has a name in both, that of the other and the name for machines are left out.
export function columnsShown(answer: Answer, isChinese: boolean): AnswerColumn[] {
  const has = (name: string) => answer.columns.some((c) => c.name === name);
  const twice = ['title', 'feature'].filter((name) => has(name) && has(`${name}_zh`));
  const spare = twice.flatMap((name) => [isChinese ? name : `${name}_zh`, ...(name === 'title' ? ['segment'] : [])]);
  return answer.columns.filter((c) => !spare.includes(c.name));
}

// What an answer calls an event, by the language; and what isn't one.
export function eventIn(answer: Answer, name: string, isChinese: boolean): string {
  return (isChinese && answer.event_names?.[name]) || name;
}
