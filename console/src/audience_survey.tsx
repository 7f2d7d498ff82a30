// A tag or segment as a whole: whom one can reach, how it grows, what stands out, and what it has in common with others. Each is a picture with its figures.
import { useState, type FormEvent } from 'react';
import type { Answer, AudienceKind, DefinitionList, NameList, Overlap, Portrait, ReachSurvey } from './api';
import { useAsk, useKith } from './context';
import { count, percent } from './format';
import { Loading, Section, Table, TroubleNotice } from './parts';
import { Gauge, GrowthCurve } from './pictures';
import { Choice, PURPOSE, ReachFigures, asking } from './reach';
import { StudyNotice, useStudy } from './study';
import { figure, fits, growthDays, nameOf, overlapShares, pathOf, reachOfSurvey, records, type Row } from './survey';

const GROWTH_DAYS = 90;
const PORTRAIT_ROWS = 25;
const OVERLAP_MAX = 20;
const MANY = 12; // to choose from: then they can be filtered

interface Named { kind: AudienceKind; name: string }

export function ReachSection({ kind, name }: Named) {
  const { t } = useKith();
  const brands = useAsk<NameList>('names?kind=brand');
  const purposes = useAsk<NameList>('names?kind=purpose');
  const [brand, setBrand] = useState('');
  const [purpose, setPurpose] = useState(PURPOSE);
  const reach = useStudy<ReachSurvey>(`${asking(pathOf(kind, name, 'reach'), brand, purpose)}&sample=0`);
  const choices = (
    <span>
      <Choice name={t('brand')} kind="brand" value={brand} of={brands.data?.names.map((n) => n.name) ?? []} set={setBrand} whole={t('group_wide')} />{' '}
      <Choice name={t('purpose')} kind="purpose" value={purpose} of={[...new Set([PURPOSE, ...(purposes.data?.names.map((n) => n.name) ?? [])])]} set={setPurpose} />
    </span>
  );
  return (
    <Section title={t('reach_by_channel')} aside={choices}>
      <StudyNotice of={reach} />
      {reach.data && (reach.data.people === 0 ? <p className="muted">{t('no_people')}</p> : <ReachFigures reach={reachOfSurvey(reach.data)} />)}
    </Section>
  );
}

export function GrowthSection({ kind, name }: Named) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<Answer>(`${pathOf(kind, name, 'growth')}?days=${GROWTH_DAYS}`);
  return (
    <Section title={t('growth')}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <GrowthOf answer={data} />}
    </Section>
  );
}

export function GrowthOf({ answer }: { answer: Answer }) {
  const { t, lang } = useKith();
  const days = growthDays(answer);
  const told = (d: { day: string; size: number | null; entered: number; left: number }) =>
    `${d.day || t('now')}: ${d.size === null ? '—' : count(d.size, lang)} · ${t('entered')} ${count(d.entered, lang)} · ${t('left')} ${count(d.left, lang)}`;
  if (days.filter((d) => d.size !== null).length < 2) return <p className="muted">{t('no_growth')}</p>;
  return (
    <>
      <p className="muted">{t('growth_about')}</p>
      <ul className="legend"><li><i className="came" />{t('entered')}</li><li><i className="gone" />{t('left')}</li></ul>
      <GrowthCurve list={days} told={told} label={t('growth')} />
      <details>
        <summary>{t('figures')}</summary>
        <Table label={t('figures')} heads={[t('day'), t('people'), t('entered'), t('left')]} counts={[1, 2, 3]}>
          {days.map((d) => (
            <tr key={d.day}>
              <th scope="row" className="number">{d.day || t('now')}</th>
              <td className="number count">{d.size === null ? '—' : count(d.size, lang)}</td>
              <td className="number count">{count(d.entered, lang)}</td>
              <td className="number count">{count(d.left, lang)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
}

// --- only when asked for: it reads many people ---

export function PortraitSection({ kind, name }: Named) {
  const { t } = useKith();
  const [isAsked, setIsAsked] = useState(false);
  const called = useCalled(isAsked);
  const portrait = useStudy<Portrait>(isAsked ? `${pathOf(kind, name, 'portrait')}?limit=${PORTRAIT_ROWS}` : null);
  return (
    <Section title={t('portrait')} aside={!isAsked && <button onClick={() => setIsAsked(true)}>{t('portrait_look')}</button>}>
      <p className="muted">{t('portrait_about')}</p>
      {isAsked && <StudyNotice of={portrait} />}
      {portrait.data && <PortraitOf portrait={portrait.data} called={called} />}
    </Section>
  );
}

// What tags, their values and segments are called, once it is wanted; else their names.
function useCalled(isWanted: boolean): Called {
  const { lang } = useKith();
  const tags = useAsk<DefinitionList>(isWanted ? 'tags' : null).data?.tags;
  const segments = useAsk<DefinitionList>(isWanted ? 'segments' : null).data?.segments;
  return (kind, name, value) => {
    const d = (kind === 'tag' ? tags : segments)?.find((x) => x.name === name);
    const level = value === null ? undefined : d?.values[value];
    const inGroup = d?.content === 'group' && value !== null ? tags?.find((x) => x.name === value) : undefined;
    return {
      name: d ? nameOf(d, lang) : name,
      value: value === null ? null : inGroup ? nameOf(inGroup, lang) : level ? nameOf({ name: value, label_zh: level.label_zh ?? null, label_en: level.label_en ?? null }, lang) : value,
    };
  };
}
type Called = (kind: string, name: string, value: string | null) => { name: string; value: string | null };

function times(lift: number): string {
  return `× ${lift.toFixed(lift < 10 ? 2 : 0)}`;
}

// Where none of the others has it there is no lift, only what it is above.
export function PortraitOf({ portrait, called }: { portrait: Portrait; called: Called }) {
  const { t, lang } = useKith();
  const rows = records(portrait);
  const side = (of: { read: number; is_sample: boolean }) => `${count(of.read, lang)}${of.is_sample ? ` (${t('of_a_sample')})` : ''}`;
  if (rows.length === 0) return <p>{t('nothing_stands_out')}</p>;
  return (
    <>
      <p className="muted">{t('in_it')} {side(portrait.members)} · {t('among_others')} {side(portrait.others)}</p>
      <Table label={t('portrait')} heads={[t('name_of'), `${t('in_it')} / ${t('among_others')}`, t('lift')]} counts={[2]}>
        {rows.map((row, i) => (
          <tr key={i}>
            <th scope="row"><small>{String(row[lang === 'zh' ? 'what_zh' : 'what'])}</small> <Standing row={row} called={called} /></th>
            <td>
              <span className="number">{percent(figure(row, 'rate'), lang)} / {percent(figure(row, 'rate_others'), lang)}</span>
              <Gauge share={figure(row, 'rate')} />
              <Gauge share={figure(row, 'rate_others')} others />
            </td>
            <td className="number count" title={`${times(figure(row, 'lift_low'))} – ${times(figure(row, 'lift_high'))}`}>{typeof row['lift'] === 'number' ? times(row['lift']) : `> ${times(figure(row, 'lift_low'))}`}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

// What stands out, by the name that the workspace has for it.
function Standing({ row, called }: { row: Row; called: Called }) {
  const { label, eventLabel } = useKith();
  const what = String(row['what']);
  const name = String(row['name'] ?? '');
  const value = row['value'] === null || row['value'] === undefined ? null : String(row['value']);
  const of = what === 'tag' || what === 'segment' ? called(what, name, value) : { name: what === 'event' ? eventLabel({ event: name }) : label(what, name), value };
  return <>{of.name} {of.value !== null && <strong>{of.value}</strong>}</>;
}

export function OverlapSection({ kind, name }: Named) {
  const { t, lang } = useKith();
  const segments = useAsk<DefinitionList>('segments');
  const tags = useAsk<DefinitionList>('tags');
  const mine = `${kind}:${name}`;
  const [picked, setPicked] = useState<string[]>([]);
  const [asked, setAsked] = useState<string[]>([]);
  const [text, setText] = useState('');
  const overlap = useStudy<Overlap>(asked.length > 0 ? 'segments/overlap' : null, { of: [mine, ...asked], top: 1 });
  const others = [...(segments.data?.segments ?? []).map((d) => ({ d, ref: `segment:${d.name}` })), ...(tags.data?.tags ?? []).map((d) => ({ d, ref: `tag:${d.name}` }))]
    .filter((o) => o.ref !== mine && o.d.answers);
  const toggle = (ref: string) => setPicked((p) => (p.includes(ref) ? p.filter((x) => x !== ref) : [...p, ref]));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setAsked(picked);
  };
  return (
    <Section title={t('overlap')}>
      <form onSubmit={submit}>
        <fieldset className="picks">
          <legend>{t('overlap_with')}</legend>
          {others.length > MANY && <input className="narrow" type="search" value={text} onChange={(e) => setText(e.target.value)} aria-label={t('filter_label')} placeholder={t('filter_label')} />}
          {others.filter((o) => picked.includes(o.ref) || fits(o.d, text)).map((o) => (
            <label key={o.ref}><input type="checkbox" checked={picked.includes(o.ref)} disabled={!picked.includes(o.ref) && picked.length >= OVERLAP_MAX - 1} onChange={() => toggle(o.ref)} /> {nameOf(o.d, lang)}</label>
          ))}
          {others.length === 0 && <span className="muted">{t('no_definitions')}</span>}
        </fieldset>
        <button type="submit" disabled={picked.length === 0}>{t('overlap_look')}</button>
      </form>
      {asked.length > 0 && <StudyNotice of={overlap} />}
      {overlap.data && <OverlapMap overlap={overlap.data} />}
    </Section>
  );
}

const DARKEST_PERCENT = 60; // beyond it the figure on a square would be hard to read

export function OverlapMap({ overlap }: { overlap: Overlap }) {
  const { t, lang } = useKith();
  const shares = overlapShares(overlap);
  const told = (s: Overlap['sets'][number]) => nameOf({ name: s.set.replace(/^\w+:/, ''), label_zh: s.label_zh, label_en: s.label_en }, lang);
  return (
    <>
      <p className="muted">{t('overlap_about')}</p>
      <div className="scroll" tabIndex={0} role="region" aria-label={t('overlap')}>
        <table className="heat overlaps">
          <thead><tr><th />{overlap.sets.map((s) => <th key={s.set} scope="col">{told(s)}</th>)}</tr></thead>
          <tbody>
            {overlap.sets.map((of) => (
              <tr key={of.set}>
                <th scope="row">{told(of)} <small className="number">{count(of.people, lang)}</small></th>
                {overlap.sets.map((other) => {
                  const share = shares.get(`${of.set} ${other.set}`);
                  return share === undefined ? <td key={other.set} /> : (
                    <td key={other.set} title={`${told(of)} → ${told(other)}: ${percent(share, lang)}`} style={{ background: `color-mix(in srgb, var(--bar) ${(DARKEST_PERCENT * share).toFixed(0)}%, var(--card))` }}>{percent(share, lang)}</td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
