// Pictures for what people would rather look at than read. Each has its figures as a title, and a table beside it.
import type { ReactNode } from 'react';
import type { Month, Slice, Standing } from './series';
import type { GrowthDay } from './survey';

const BAR = 26;
const GAP = 8;
const HIGH = 110;
const FOOT = 20;
const HEAD = 18;

// A bar a month; below nothing where more was paid back than was bought.
export function MonthBars({ list, told, label }: { list: readonly Month[]; told: (m: Month) => string; label: string }) {
  const most = Math.max(1, ...list.map((m) => Math.abs(m.net)));
  const width = list.length * (BAR + GAP) + GAP;
  return (
    <div className="scroll months" tabIndex={0} role="region" aria-label={label}>
      <svg viewBox={`0 0 ${width} ${HEAD + HIGH + FOOT}`} width={width} height={HEAD + HIGH + FOOT} role="img" aria-label={label}>
        {list.map((m, i) => {
          const high = Math.max(m.orders > 0 ? 2 : 0, (HIGH * Math.abs(m.net)) / most);
          const x = GAP + i * (BAR + GAP);
          const isYear = i === 0 || m.month.endsWith('-01');
          return (
            <g key={m.month} className={m.net < 0 ? 'month minus' : 'month'}>
              <title>{told(m)}</title>
              <rect x={x} y={0} width={BAR} height={HEAD + HIGH} className="reach" />
              <rect x={x} y={HEAD + HIGH - high} width={BAR} height={high} rx={3} />
              {m.orders > 0 && <text x={x + BAR / 2} y={HEAD + HIGH - high - 4}>{m.orders}</text>}
              <text x={x + BAR / 2} y={HEAD + HIGH + 14} className="foot">{isYear ? m.month.slice(2).replace('-', '/') : Number(m.month.slice(5))}</text>
            </g>
          );
        })}
        <line x1={0} x2={width} y1={HEAD + HIGH} y2={HEAD + HIGH} className="ground" />
      </svg>
    </div>
  );
}

export interface Cell { standing: Standing; told: string; href: string }

// Rows by columns, a square each that leads to what is behind it.
export function HeatMap({ rows, columns, cell, label }: { rows: readonly { id: string; name: ReactNode }[]; columns: readonly string[]; cell: (row: string, column: string) => Cell; label: string }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="heat">
        <thead><tr><th />{columns.map((c) => <th key={c} scope="col">{Number(c.slice(-2))}</th>)}</tr></thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.id}>
              <th scope="row">{r.name}</th>
              {columns.map((c) => {
                const { standing, told, href } = cell(r.id, c);
                return <td key={c}>{standing === 'none' || standing === 'missing' ? <span className={`square ${standing}`} title={told} /> : <a className={`square ${standing}`} title={told} aria-label={told} href={href} />}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// One bar in parts.
export function Parts({ list, told }: { list: readonly Slice[]; told: (s: Slice) => string }) {
  const all = Math.max(1, list.reduce((n, s) => n + s.people, 0));
  return (
    <span className="parts">
      {list.map((s) => <i key={s.reason} className={`part ${s.reason}`} style={{ width: `${(100 * s.people) / all}%` }} title={told(s)} />)}
    </span>
  );
}

const WIDE = 900;
const CURVE = 130;
const MOVES = 70; // bars of who came and left, each way half of it
const SIDE = 8;

// A line of how many there are, and below it a bar up for who came on a day and a bar down for who left.
export function GrowthCurve({ list, told, label }: { list: readonly GrowthDay[]; told: (d: GrowthDay) => string; label: string }) {
  const most = Math.max(1, ...list.map((d) => d.size ?? 0));
  const moved = Math.max(1, ...list.map((d) => Math.max(d.entered, d.left)));
  const step = (WIDE - 2 * SIDE) / Math.max(1, list.length - 1);
  const x = (i: number) => SIDE + i * step;
  const y = (size: number) => HEAD + CURVE - (CURVE * size) / most;
  const known = list.flatMap((d, i) => (d.size === null ? [] : [`${x(i).toFixed(1)},${y(d.size).toFixed(1)}`]));
  const middle = HEAD + CURVE + FOOT + MOVES / 2;
  const wide = Math.min(BAR, Math.max(1, step * 0.7));
  const high = (n: number) => (MOVES * n) / (2 * moved);
  return (
    <div className="growth">
      <svg viewBox={`0 0 ${WIDE} ${HEAD + CURVE + FOOT + MOVES}`} role="img" aria-label={label}>
        <polygon className="under" points={[`${x(0)},${HEAD + CURVE}`, ...known, `${x(list.length - 1)},${HEAD + CURVE}`].join(' ')} />
        <polyline className="size" points={known.join(' ')} />
        <line className="ground" x1={0} x2={WIDE} y1={HEAD + CURVE} y2={HEAD + CURVE} />
        <line className="ground" x1={0} x2={WIDE} y1={middle} y2={middle} />
        {list.map((d, i) => (
          <g key={d.day}>
            <title>{told(d)}</title>
            <rect className="came" x={x(i) - wide / 2} y={middle - high(d.entered)} width={wide} height={high(d.entered)} />
            <rect className="gone" x={x(i) - wide / 2} y={middle} width={wide} height={high(d.left)} />
            <rect className="over" x={x(i) - step / 2} y={0} width={step} height={HEAD + CURVE + FOOT + MOVES} />
          </g>
        ))}
        <text x={SIDE} y={HEAD + CURVE + 14}>{list[0]?.day}</text>
        <text x={WIDE - SIDE} y={HEAD + CURVE + 14} textAnchor="end">{list.at(-2)?.day}</text>
        <text x={SIDE} y={HEAD - 5}>{most}</text>
      </svg>
    </div>
  );
}

// A share of one, as a bar; `others`: of those whom it is compared with.
export function Gauge({ share, others = false }: { share: number; others?: boolean }) {
  return <span className={others ? 'gauge of-others' : 'gauge'}><i style={{ width: `${Math.min(100, 100 * share)}%` }} /></span>;
}
