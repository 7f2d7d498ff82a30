// Why they are one: identifiers as boxes, the sets that were seen together as links between them.
import { useState } from 'react';
import type { Evidence, Identifier } from './api';
import { useKith } from './context';
import { count, isPersonal, masked, moment, shortened } from './format';
import { draw, NODES_MAX, type Link, type Point } from './graph';
import { Moment, Section, Table } from './parts';

const WIDTH = 1040;
const BOX = { width: 168, height: 46 };
const MARGIN: Point = { x: BOX.width / 2 + 6, y: BOX.height / 2 + 8 };

export function Why({ identifiers, evidence, reveal }: { identifiers: Identifier[]; evidence: Evidence[]; reveal: boolean }) {
  const { t } = useKith();
  const joining = evidence.filter((e) => e.members.length > 1);
  const fits = identifiers.length <= NODES_MAX;
  return (
    <Section title={t('why_one')}>
      {identifiers.length < 2 && <p className="muted">{t('why_alone')}</p>}
      {identifiers.length >= 2 && joining.length === 0 && <p className="muted">{t('why_none')}</p>}
      {joining.length > 0 && fits && <Graph identifiers={identifiers} evidence={joining} reveal={reveal} />}
      {joining.length > 0 && !fits && <p className="muted">{t('why_many')}</p>}
      {joining.length > 0 && (
        <details open={!fits}>
          <summary>{t('evidence_list')} ({joining.length})</summary>
          <List identifiers={identifiers} evidence={joining} reveal={reveal} />
        </details>
      )}
    </Section>
  );
}

function valueOf(id: Identifier, reveal: boolean): string {
  return isPersonal(id.type) && !reveal ? masked(id.value) : id.value;
}

function Graph({ identifiers, evidence, reveal }: { identifiers: Identifier[]; evidence: Evidence[]; reveal: boolean }) {
  const { t, term } = useKith();
  const [at, setAt] = useState<number | null>(null);
  const height = identifiers.length <= 2 ? 120 : identifiers.length <= 6 ? 320 : 470;
  const picture = draw(identifiers.length, evidence, WIDTH, height, MARGIN);
  const chosen = at === null ? undefined : evidence[at];
  return (
    <figure className="why">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="group" aria-label={t('why_one')}>
        {picture.links.map((link) => (
          <OneLink key={link.set} link={link} nodes={picture.nodes} evidence={evidence[link.set]!} isChosen={at === link.set} choose={setAt} />
        ))}
        {identifiers.map((id, i) => {
          const p = picture.nodes[i]!;
          const classes = ['node', id.state, chosen ? (chosen.members.includes(i) ? 'chosen' : 'faded') : ''].join(' ');
          return (
            <g key={i} className={classes} transform={`translate(${p.x - BOX.width / 2} ${p.y - BOX.height / 2})`}>
              <title>{`${id.type}${id.ns ? `:${id.ns}` : ''}:${valueOf(id, reveal)}`}</title>
              <rect width={BOX.width} height={BOX.height} rx="10" />
              <text x={BOX.width / 2} y="19" className="kind">{term('id', id.type)}{id.ns && ` · ${shortened(id.ns, 10)}`}</text>
              <text x={BOX.width / 2} y="36">{shortened(valueOf(id, reveal), 18)}</text>
            </g>
          );
        })}
      </svg>
      <figcaption aria-live="polite">
        {chosen ? <Told evidence={chosen} /> : <span className="muted">{t('why_hint')} {picture.left > 0 && t('why_rest')}</span>}
      </figcaption>
    </figure>
  );
}

function useTold() {
  const { t, lang, term } = useKith();
  return (e: Evidence) =>
    `${t('seen_together')} ${count(e.count, lang)} ${t('times')} · ${t('first')} ${moment(e.first)} · ${t('last')} ${moment(e.last)} · ${term('rule', e.rule)}`;
}

function Told({ evidence }: { evidence: Evidence }) {
  return <span className="number">{useTold()(evidence)}</span>;
}

interface LinkProps { link: Link; nodes: Point[]; evidence: Evidence; isChosen: boolean; choose: (set: number | null) => void }

function OneLink({ link, nodes, evidence, isChosen, choose }: LinkProps) {
  const told = useTold()(evidence);
  const strokeWidth = Math.min(6, 1.5 + Math.log2(evidence.count) / 2);
  return (
    <g
      className={`link ${evidence.rule} ${isChosen ? 'chosen' : ''}`} tabIndex={0} role="img" aria-label={told}
      onMouseEnter={() => choose(link.set)} onMouseLeave={() => choose(null)} onFocus={() => choose(link.set)} onBlur={() => choose(null)}
    >
      <title>{told}</title>
      {link.members.map((m) => {
        const p = nodes[m]!;
        return [
          <line key={`${m}.reach`} className="reach" x1={p.x} y1={p.y} x2={link.at.x} y2={link.at.y} />,
          <line key={m} x1={p.x} y1={p.y} x2={link.at.x} y2={link.at.y} strokeWidth={strokeWidth} />,
        ];
      })}
      <circle cx={link.at.x} cy={link.at.y} r="12" />
      <text x={link.at.x} y={link.at.y + 4}>{evidence.count > 999 ? '1k+' : evidence.count}</text>
    </g>
  );
}

function List({ identifiers, evidence, reveal }: { identifiers: Identifier[]; evidence: Evidence[]; reveal: boolean }) {
  const { t, lang, term } = useKith();
  const strongest = [...evidence].sort((a, b) => b.count - a.count);
  return (
    <Table label={t('evidence_list')} heads={[t('identifiers'), t('times_from'), t('rule'), t('first'), t('last'), t('position')]} counts={[1, 5]}>
      {strongest.map((e, i) => (
        <tr key={i}>
          <td className="ids">
            {e.members.map((m) => {
              const id = identifiers[m];
              return id && <span key={m}>{term('id', id.type)} <code>{shortened(valueOf(id, reveal), 24)}</code></span>;
            })}
          </td>
          <td className="number count">{count(e.count, lang)}</td>
          <td className="number">{term('rule', e.rule)}</td>
          <td><Moment time={e.first} /></td>
          <td><Moment time={e.last} /></td>
          <td className="number count">{count(e.position, lang)}</td>
        </tr>
      ))}
    </Table>
  );
}
