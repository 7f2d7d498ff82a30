// Which segments and tags a person has, and why: the expression part by part.
import { useState } from 'react';
import type { AudienceKind, Belongs, ExplainedPart, Explanation, PersonAudiences } from './api';
import { useAsk, useKith } from './context';
import { day, plain } from './format';
import { Loading, Moment, Section, TroubleNotice } from './parts';
import { hashOf } from './route';
import { nameOf, pathOf } from './survey';

const EVENTS = 3; // of those that count, for each part

export function BelongsSection({ id }: { id: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<PersonAudiences>(`people/id:${id}/segments`);
  return (
    <Section title={`${t('segments')} · ${t('tags')}`}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <BelongsOf belongs={data} />}
    </Section>
  );
}

export function BelongsOf({ belongs }: { belongs: PersonAudiences }) {
  const { t } = useKith();
  const list = [...belongs.segments.map((of) => ({ kind: 'segment' as const, of })), ...belongs.tags.map((of) => ({ kind: 'tag' as const, of }))];
  if (list.length === 0) return <p className="muted">{t('no_belongs')}</p>;
  return <ul className="belongs">{list.map((b) => <BelongsRow key={`${b.kind} ${b.of.name}`} person={belongs.id} kind={b.kind} of={b.of} />)}</ul>;
}

function BelongsRow({ person, kind, of }: { person: string; kind: AudienceKind; of: Belongs }) {
  const { t, lang, term } = useKith();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li>
      <div className="belongs-head">
        <span className="tag">{term('audience_kind', kind)}</span>
        <a href={hashOf({ view: 'audience', kind, name: of.name })}>{nameOf(of, lang)}</a>
        {of.value !== undefined && of.value !== true && <strong>{plain(of.value, lang)}</strong>}
        <button className="quiet" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{t('why')}</button>
        <small>{of.since && <>{t('since')} {day(of.since)}</>}{of.turn && <> · {t('turns')} {day(of.turn)}</>}</small>
      </div>
      {isOpen && <ExplanationThen kind={kind} name={of.name} person={`id:${person}`} />}
    </li>
  );
}

// `instant`: a local time of the workspace, "2026-11-01 09:00"; empty: now.
function ExplanationAsked({ kind, name, person, instant }: { kind: AudienceKind; name: string; person: string; instant: string }) {
  const { data, trouble, again } = useAsk<Explanation>(`${pathOf(kind, name, 'explain', person)}?${new URLSearchParams({ events: String(EVENTS), ...(instant ? { instant } : {}) })}`);
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  return data ? <ExplanationOf explanation={data} /> : <Loading />;
}

// Now, and as of whichever instant is chosen.
function ExplanationThen({ kind, name, person }: { kind: AudienceKind; name: string; person: string }) {
  const { t } = useKith();
  const [instant, setInstant] = useState('');
  return (
    <>
      <p className="asof">
        <label>{t('explain_when')} <input type="datetime-local" value={instant.replace(' ', 'T')} onChange={(e) => setInstant(e.target.value.replace('T', ' '))} /></label>
        {instant && <button type="button" className="quiet" onClick={() => setInstant('')}>{t('now')}</button>}
      </p>
      <ExplanationAsked key={instant} kind={kind} name={name} person={person} instant={instant} />
    </>
  );
}

// For whoever is asked about by an identifier, in it or not.
export function ExplainSection({ kind, name }: { kind: AudienceKind; name: string }) {
  const { t } = useKith();
  const [text, setText] = useState('');
  const [person, setPerson] = useState('');
  return (
    <Section title={t('explain_one')}>
      <form className="deeds" onSubmit={(e) => { e.preventDefault(); setPerson(text.trim()); }}>
        <input className="narrow" value={text} onChange={(e) => setText(e.target.value)} required aria-label={t('explain_person')} placeholder="phone:13812345678" autoComplete="off" spellCheck={false} />
        <button type="submit">{t('explain_look')}</button>
      </form>
      {person && <ExplanationThen key={person} kind={kind} name={name} person={person} />}
    </Section>
  );
}

export function ExplanationOf({ explanation }: { explanation: Explanation }) {
  const { t, lang, term } = useKith();
  const { value, since, turn, missing, tree, as_of } = explanation;
  const isIn = value !== false && value !== null;
  return (
    <div>
      <p>
        <span className={`tag ${isIn ? 'good' : 'bad'}`}>{isIn ? t('is_in') : t('is_not_in')}</span> {isIn && value !== true && <strong>{plain(value, lang)}</strong>}{' '}
        {since && <small>{t('since')} <Moment time={since} /> </small>}
        {turn && <small>{t('turns')} <Moment time={turn} /></small>}
      </p>
      {as_of && as_of.of_now.length > 0 && <p className="muted">{t('as_of_time')} <Moment time={as_of.time} />. {t('of_now')} {as_of.of_now.map((part) => term('cut_part', part)).join(lang === 'zh' ? '、' : ', ')}</p>}
      {missing.length > 0 && (
        <>
          <h3>{t('missing')}</h3>
          <ul>{missing.map((m) => <li key={m.en}>{m[lang]}</li>)}</ul>
        </>
      )}
      <ul className="because"><Because part={tree} /></ul>
    </div>
  );
}

const MARKS = new Map<unknown, [string, string]>([[true, ['yes', '✓']], [false, ['no', '✗']]]);

function Because({ part }: { part: ExplainedPart }) {
  const { t, lang } = useKith();
  const [sort, sign] = MARKS.get(part.value) ?? ['', '·'];
  return (
    <li className={part.is_missing ? 'is_missing' : undefined}>
      <i className={`mark ${sort}`} aria-hidden="true">{sign}</i><span title={part.text ?? undefined}>{part[lang]}</span>
      {(part.events ?? []).map((e, i) => <div key={i}><small>{e[lang] ?? e.event} <Moment time={e.time} /></small></div>)}
      {part.hides_events && <div><small>{t('hides_events')}</small></div>}
      {part.parts.length > 0 && <ul>{part.parts.map((p, i) => <Because key={i} part={p} />)}</ul>}
    </li>
  );
}
