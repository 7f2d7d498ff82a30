// Pictures of answers to questions: steps, lines by period, a map of cohorts, bands between events. What is clicked shows its people.
import { useKith } from './context';
import { count, percent } from './format';
import type { AnswerColumn } from './api';
import type { Heat, Lines, Link, Node } from './questions';
import type { Row } from './survey';

export type Choose = (row: Row, column?: AnswerColumn) => void;

const COLOURS = ['--bar', '--amber', '--violet', '--red', '--dim', '--main', '--warn', '--grey'];
const colour = (i: number) => `var(${COLOURS[i % COLOURS.length]})`;

export interface Step { name: string; count: number; rate: number; row: Row }

const STEP_HIGH = 34;
const STEP_GAP = 26;
const STEP_NAME = 120;
const STEP_WIDE = 300;
const STEP_FIGURE = 140;

export function FunnelPicture({ steps, label, choose }: { steps: readonly Step[]; label: string; choose: Choose }) {
  const { lang } = useKith();
  const most = Math.max(1, ...steps.map((s) => s.count));
  const high = steps.length * (STEP_HIGH + STEP_GAP) - STEP_GAP;
  const wide = (s: Step) => (STEP_WIDE * s.count) / most;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <svg className="chart steps-down" viewBox={`0 0 ${STEP_NAME + STEP_WIDE + STEP_FIGURE} ${high}`} role="img" aria-label={label}>
        {steps.map((s, i) => {
          const y = i * (STEP_HIGH + STEP_GAP);
          const next = steps[i + 1];
          return (
            <g key={i} className="cell" onClick={() => choose(s.row)}>
              <title>{`${s.name}: ${count(s.count, lang)} (${percent(s.rate, lang)})`}</title>
              <text x={STEP_NAME - 12} y={y + STEP_HIGH / 2 + 5} textAnchor="end">{s.name}</text>
              <rect x={STEP_NAME} y={y} width={Math.max(2, wide(s))} height={STEP_HIGH} rx={4} />
              <text x={STEP_NAME + wide(s) + 10} y={y + STEP_HIGH / 2 + 5}>{count(s.count, lang)} · {percent(s.rate, lang)}</text>
              {next && <polygon className="fall" points={`${STEP_NAME},${y + STEP_HIGH} ${STEP_NAME + wide(s)},${y + STEP_HIGH} ${STEP_NAME + wide(next)},${y + STEP_HIGH + STEP_GAP} ${STEP_NAME},${y + STEP_HIGH + STEP_GAP}`} />}
              {next && s.count > 0 && <text className="foot" x={STEP_NAME + 8} y={y + STEP_HIGH + STEP_GAP / 2 + 4}>↓ {percent(next.count / s.count, lang)}</text>}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

const WIDE = 900;
const HIGH = 240;
const SIDE = 48;
const FOOT = 24;
const HEAD = 12;
const LABELS = 8; // of the periods below

export function LinesPicture({ of, label }: { of: Lines; label: string }) {
  const { lang } = useKith();
  const figures = of.lines.flatMap((l) => l.values.filter((v): v is number => v !== null));
  const top = Math.max(1, ...figures);
  const low = Math.min(0, ...figures);
  const step = (WIDE - 2 * SIDE) / Math.max(1, of.units.length - 1);
  const x = (i: number) => SIDE + i * step;
  const y = (v: number) => HEAD + (HIGH * (top - v)) / (top - low);
  const every = Math.max(1, Math.ceil(of.units.length / LABELS));
  return (
    <>
      {of.lines.length > 1 && <ul className="legend">{of.lines.map((l, i) => <li key={l.name}><i style={{ background: colour(i) }} />{l.name}</li>)}</ul>}
      <div className="scroll" tabIndex={0} role="region" aria-label={label}>
        <svg className="chart" viewBox={`0 0 ${WIDE} ${HEAD + HIGH + FOOT}`} role="img" aria-label={label}>
          {[top, low < 0 ? 0 : top / 2, low].map((v) => <g key={v}><line className="ground" x1={SIDE} x2={WIDE - SIDE} y1={y(v)} y2={y(v)} /><text className="foot" x={SIDE - 6} y={y(v) + 4} textAnchor="end">{count(Math.round(v), lang)}</text></g>)}
          {of.lines.map((l, i) => <polyline key={l.name} className="line" stroke={colour(i)} strokeDasharray={i < COLOURS.length ? undefined : '5 4'} points={l.values.flatMap((v, k) => (v === null ? [] : [`${x(k).toFixed(1)},${y(v).toFixed(1)}`])).join(' ')} />)}
          {of.units.map((u, k) => (
            <g key={u}>
              <title>{[u, ...of.lines.map((l) => `${l.name}: ${l.values[k] === null || l.values[k] === undefined ? '—' : count(l.values[k], lang)}`)].join('\n')}</title>
              <rect className="over" x={x(k) - step / 2} y={HEAD} width={step} height={HIGH} />
              {k % every === 0 && <text className="foot" x={x(k)} y={HEAD + HIGH + 16} textAnchor="middle">{u.replace(/^\d{4}-/, '')}</text>}
            </g>
          ))}
        </svg>
      </div>
    </>
  );
}

const DARKEST_PERCENT = 60; // beyond it the figure on a square would be hard to read

export function CohortMap({ of, label, heads, choose }: { of: Heat; label: string; heads: readonly [string, string]; choose: Choose }) {
  const { t, lang } = useKith();
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label={label}>
        <table className="heat overlaps cohorts">
          <thead><tr><th scope="col">{heads[0]}</th><th scope="col">{heads[1]}</th>{of.columns.map((c) => <th key={c} scope="col">{c}</th>)}</tr></thead>
          <tbody>
            {of.rows.map((r) => (
              <tr key={r.id}>
                <th scope="row">{r.id}</th>
                <td className="number">{count(r.size, lang)}</td>
                {r.cells.map((c, i) => (
                  <td key={i} className={c.isWhole ? undefined : 'open'} style={{ background: `color-mix(in srgb, var(--bar) ${(DARKEST_PERCENT * Math.min(1, c.share)).toFixed(0)}%, var(--card))` }}>
                    <button className="plain" onClick={() => choose(c.row, c.column)}>{c.isShare ? percent(c.told, lang) : count(Math.round(c.told), lang)}</button>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p><small>{t('open_cells')}</small></p>
    </>
  );
}

const LEVEL_WIDE = 200;
const NODE_WIDE = 12;
const FLOW_HIGH = 420;
const NODE_GAP = 16;

// Heights are by what flows through; the nodes of a level stand apart by NODE_GAP.
export function FlowPicture({ nodes, links, told, label, choose }: { nodes: readonly Node[]; links: readonly Link[]; told: (name: string) => string; label: string; choose: Choose }) {
  const { lang } = useKith();
  const levels = Math.max(0, ...nodes.map((n) => n.level)) + 1;
  const most = Math.max(1, ...Array.from({ length: levels }, (_, l) => nodes.filter((n) => n.level === l).reduce((sum, n) => sum + n.flow, 0)));
  const scale = FLOW_HIGH / most;
  const rank = new Map(nodes.map((n) => [n, nodes.filter((m) => m.level === n.level && m.y < n.y).length]));
  const top = (n: Node) => n.y * scale + (rank.get(n) ?? 0) * NODE_GAP;
  const left = (n: Node) => n.level * LEVEL_WIDE;
  const high = FLOW_HIGH + NODE_GAP * Math.max(0, ...nodes.map((n) => rank.get(n) ?? 0)) + 8;
  const band = (l: Link) => {
    const x0 = left(l.from) + NODE_WIDE, x1 = left(l.to), middle = (x0 + x1) / 2;
    const y0 = top(l.from) + (l.fromY - l.from.y + l.count / 2) * scale, y1 = top(l.to) + (l.toY - l.to.y + l.count / 2) * scale;
    return `M${x0},${y0.toFixed(1)} C${middle},${y0.toFixed(1)} ${middle},${y1.toFixed(1)} ${x1},${y1.toFixed(1)}`;
  };
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <svg className="chart flow" viewBox={`0 0 ${(levels - 1) * LEVEL_WIDE + 130} ${high}`} style={{ minWidth: `${levels * 9}rem` }} role="img" aria-label={label}>
        {links.map((l, i) => (
          <path key={i} className="band" d={band(l)} strokeWidth={Math.max(1, l.count * scale)} onClick={() => choose(l.row)}>
            <title>{`${told(l.from.name)} → ${told(l.to.name)}: ${count(l.count, lang)}`}</title>
          </path>
        ))}
        {nodes.map((n) => (
          <g key={`${n.level} ${n.name}`}>
            <title>{`${told(n.name)}: ${count(n.flow, lang)}`}</title>
            <rect x={left(n)} y={top(n)} width={NODE_WIDE} height={Math.max(2, n.flow * scale)} />
            <text x={left(n) + NODE_WIDE + 4} y={top(n) + Math.min(12, Math.max(8, (n.flow * scale) / 2 + 4))}>{told(n.name)} <tspan className="foot">{count(n.flow, lang)}</tspan></text>
          </g>
        ))}
      </svg>
    </div>
  );
}
