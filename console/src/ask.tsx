// Questions about events: which kind, filled in, answered as a picture and a table; behind each figure its people.
import { useState, type FormEvent } from 'react';
import type { Answer, AnswerColumn, CellPeople, QuestionKind, QuestionKinds } from './api';
import { MembersOf } from './audience_people';
import { CohortMap, FlowPicture, FunnelPicture, LinesPicture } from './charts';
import { useAsk, useKith } from './context';
import { count, duration, percent, plain } from './format';
import { Loading, Moment, Section, Table, TroubleNotice } from './parts';
import { COMMON_SHOWN, cellOf, choicesOf, columnsShown, draftOf, eventIn, fieldOf, flowOf, heatOf, linesOf, membersOf, questionOf, type Draft } from './questions';
import { hashOf } from './route';
import { StudyNotice, useStudy } from './study';
import { figure, records, type Row } from './survey';
import { term, type Lang } from './words';

const PEOPLE = 20; // of a cell
const ROWS_SHOWN = 200;
const NOT_HERE = ['predict', 'score']; // what they fit is kept by name
const CHOSEN = 'funnel';

export function QuestionsPage({ kind }: { kind: string }) {
  const { t, lang, term } = useKith();
  const { data, trouble, again } = useAsk<QuestionKinds>('analytics');
  const kinds = (data?.questions ?? []).filter((q) => !NOT_HERE.includes(q.name));
  const chosen = kinds.find((q) => q.name === (kind || CHOSEN));
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  return (
    <>
      <h1>{t('questions')}</h1>
      {!data && <Loading />}
      <nav className="kinds" aria-label={t('questions')}>
        {kinds.map((q) => <a key={q.name} href={hashOf({ view: 'questions', kind: q.name })} aria-current={q === chosen ? 'page' : undefined} title={lang === 'zh' ? q.about_zh : q.about}>{term('question', q.name)}</a>)}
      </nav>
      {data && chosen && <Question key={chosen.name} of={chosen} common={data.members} />}
    </>
  );
}

function Question({ of, common }: { of: QuestionKind; common: QuestionKind['members'] }) {
  const { t, lang } = useKith();
  const [draft, setDraft] = useState<Draft>(() => draftOf(of.name));
  const [asked, setAsked] = useState<Row | null>(null);
  const answer = useStudy<Answer>(asked === null ? null : `analytics/${of.name}`, asked ?? undefined);
  const set = (member: string) => (text: string) => setDraft((d) => ({ ...d, [member]: text }));
  const { shown, others } = membersOf(of);
  const fields = (list: QuestionKind['members']) => <div className="halves">{list.map((m) => <Member key={m.name} kind={of.name} member={m} text={draft[m.name] ?? ''} set={set(m.name)} />)}</div>;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setAsked(questionOf(of.name, draft));
    if (asked !== null) answer.again();
  };
  return (
    <>
      <section className="card">
        <p>{lang === 'zh' ? of.about_zh : of.about}</p>
        <form className="build" onSubmit={submit}>
          {fields(shown)}
          {fields(common.filter((m) => COMMON_SHOWN.includes(m.name)))}
          <details>
            <summary>{t('more_members')}</summary>
            {fields([...others, ...common.filter((m) => !COMMON_SHOWN.includes(m.name))])}
          </details>
          <div className="deeds"><button type="submit" className="main">{t('ask')}</button></div>
        </form>
      </section>
      {asked !== null && !answer.data && <section className="card"><StudyNotice of={answer} /></section>}
      {asked !== null && answer.data && <AnswerOf key={answer.data.as_of_time} kind={of.name} question={asked} answer={answer.data} />}
    </>
  );
}

function Member({ kind, member, text, set }: { kind: string; member: QuestionKind['members'][number]; text: string; set: (text: string) => void }) {
  const { t, lang, labels, term, eventLabel } = useKith();
  const field = fieldOf(kind, member.name);
  const about = lang === 'zh' ? member.about_zh : member.about;
  const short = term('question_member', member.name);
  const events = [...(labels['event']?.values() ?? [])];
  const list = `events-${member.name}`;
  const said = text.split(/[\n,，]/).map((name) => name.trim()).filter((name) => name !== '');
  return (
    <label title={about}>
      {short === member.name ? about : <>{short} <code>{member.name}</code></>}
      {field === 'choice' && <select value={text} onChange={(e) => set(e.target.value)}><option value="">—</option>{choicesOf(kind, member.name).map((c) => <option key={c} value={c}>{term('question_choice', c)}</option>)}</select>}
      {field === 'text' && <input value={text} onChange={(e) => set(e.target.value)} autoComplete="off" spellCheck={false} aria-label={`${about} (${member.name})`} />}
      {field === 'event' && <input list={list} value={text} onChange={(e) => set(e.target.value)} autoComplete="off" spellCheck={false} />}
      {field === 'events' && <textarea className="short" value={text} onChange={(e) => set(e.target.value)} spellCheck={false} placeholder={t('an_event_a_line')} />}
      {(field === 'events' || field === 'event') && said.length > 0 && <small>{said.map((event) => eventLabel({ event })).join(' → ')}</small>}
      {field === 'events' && (
        <select value="" aria-label={`${t('add_event')}: ${about}`} onChange={(e) => e.target.value && set(text.trim() ? `${text.trimEnd()}\n${e.target.value}` : e.target.value)}>
          <option value="">{t('add_event')}</option>
          {events.map((e) => <option key={e.name} value={e.name}>{e[lang] ?? e.name}</option>)}
        </select>
      )}
      {field === 'event' && <datalist id={list}>{events.map((e) => <option key={e.name} value={e.name}>{e[lang] ?? e.name}</option>)}</datalist>}
    </label>
  );
}

// --- an answer ---

export function AnswerOf({ kind, question, answer }: { kind: string; question: Row; answer: Answer }) {
  const { t, lang } = useKith();
  const [cell, setCell] = useState<Row | null>(null);
  const choose = (row: Row, column?: AnswerColumn) => {
    const of = column ?? answer.columns.find((c) => c.name === 'count');
    if (of) setCell(cellOf(kind, answer, row, of));
  };
  return (
    <>
      <Section title={t('answer')} aside={<small>{t('as_of_time')} <Moment time={answer.as_of_time} />{answer.subjects !== undefined && ` · ${count(answer.subjects, lang)} ${t('subjects')} · ${count(answer.events ?? 0, lang)} ${t('events_of')}`}</small>}>
        {answer.rows.length === 0 ? <p className="muted">{t('no_answer')}</p> : <Picture kind={kind} answer={answer} choose={choose} />}
        {answer.rows.length > 0 && (
          <details open={!hasPicture(kind)}>
            <summary>{t('figures')}</summary>
            <AnswerTable kind={kind} answer={answer} choose={choose} />
          </details>
        )}
      </Section>
      {cell && <PeopleOfCell key={JSON.stringify(cell)} kind={kind} question={question} cell={cell} columns={answer.columns} close={() => setCell(null)} />}
    </>
  );
}

const PICTURES = ['funnel', 'retention', 'cohort', 'ltv', 'path', 'trend', 'lifecycle', 'sessions'];
function hasPicture(kind: string): boolean {
  return PICTURES.includes(kind);
}

function useTold(answer: Answer) {
  const { lang, eventLabel } = useKith();
  return (name: string) => (name.startsWith('(') ? term('no_value', name, lang) : answer.event_names?.[name] ? eventIn(answer, name, lang === 'zh') : eventLabel({ event: name }));
}

// A value by which an answer is apart: by the name that the workspace has for it.
function useValueTold(answer: Answer) {
  const { lang, label } = useKith();
  const told = useTold(answer);
  return (c: AnswerColumn, value: unknown) =>
    typeof value !== 'string' ? plain(value, lang) : c.kind === 'event' || value.startsWith('(') ? told(value) : NAMED.includes(c.name) ? label(c.name, value) : value;
}
const NAMED = ['brand', 'channel', 'shop', 'store', 'source', 'gender'];

function titled(c: AnswerColumn, lang: Lang): string {
  return (lang === 'zh' ? c.title_zh : c.title) || c.name;
}

function Picture({ kind, answer, choose }: { kind: string; answer: Answer; choose: (row: Row, column?: AnswerColumn) => void }) {
  const { t, lang } = useKith();
  const told = useTold(answer);
  const valueTold = useValueTold(answer);
  if (kind === 'funnel' && answer.columns[0]?.name === 'step') {
    const steps = records(answer).map((row) => ({ name: told(String(row['event'])), count: figure(row, 'count'), rate: figure(row, 'rate'), row }));
    return <FunnelPicture steps={steps} label={t('answer')} choose={choose} />;
  }
  const heat = kind === 'retention' || kind === 'cohort' || kind === 'ltv' ? heatOf(answer) : null;
  if (heat) return <CohortMap of={heat} label={t('answer')} heads={[t('cohort'), t('people')]} choose={choose} />;
  const flow = kind === 'path' ? flowOf(answer) : null;
  if (flow) return <FlowPicture {...flow} told={told} label={t('answer')} choose={choose} />;
  const lines = ['trend', 'lifecycle', 'sessions'].includes(kind) ? linesOf(answer, (c) => titled(c, lang), valueTold) : null;
  return lines ? <LinesPicture of={lines} label={t('answer')} /> : null;
}

// A figure as its column says what it is.
export function AnswerTable({ kind, answer, choose }: { kind: string; answer: Answer; choose: (row: Row, column?: AnswerColumn) => void }) {
  const { t, lang } = useKith();
  const told = useValueTold(answer);
  const columns = columnsShown(answer, lang === 'zh');
  const [isWhole, setIsWhole] = useState(false);
  const rows = isWhole ? answer.rows : answer.rows.slice(0, ROWS_SHOWN);
  const figures = columns.flatMap((c, i) => (['number', 'share', 'money', 'seconds'].includes(c.kind ?? '') ? [i] : []));
  const shown = (value: unknown, c: AnswerColumn): string => {
    if (typeof value === 'number') {
      if (c.kind === 'share') return percent(value, lang);
      if (c.kind === 'seconds') return duration(Math.round(value), lang);
      return new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 2 }).format(value);
    }
    return told(c, value);
  };
  return (
    <>
      <Table label={t('figures')} heads={columns.map((c) => titled(c, lang))} counts={figures}>
        {rows.map((cells, i) => {
          const row = Object.fromEntries(answer.columns.map((c, k) => [c.name, cells[k]]));
          return (
            <tr key={i}>
              {columns.map((c, k) => {
                const isCell = cellOf(kind, answer, row, c) !== null;
                const text = shown(row[c.name], c);
                return <td key={c.name} className={figures.includes(k) ? 'number count' : undefined}>{isCell ? <button className="plain" onClick={() => choose(row, c)}>{text}</button> : text}</td>;
              })}
            </tr>
          );
        })}
      </Table>
      {answer.rows.length > rows.length && <button className="quiet" onClick={() => setIsWhole(true)}>{t('show_all')} ({count(answer.rows.length, lang)})</button>}
    </>
  );
}

function PeopleOfCell({ kind, question, cell, columns, close }: { kind: string; question: Row; cell: Row; columns: readonly AnswerColumn[]; close: () => void }) {
  const { t, lang } = useKith();
  const called = (member: string) => titled(columns.find((c) => c.name === member) ?? { name: member }, lang);
  const people = useStudy<CellPeople>(`analytics/${kind}/people`, { question, cell, limit: PEOPLE });
  const told = Object.entries(cell).map(([key, value]) => `${called(key)} ${plain(value, lang)}`).join(' · ');
  return (
    <Section title={`${t('people_of_cell')} ${people.data ? `(${count(people.data.total, lang)})` : ''}`} aside={<><small>{told}</small><button className="quiet" onClick={close} aria-label={t('close')}>✕</button></>}>
      <StudyNotice of={people} />
      {people.data && <MembersOf people={people.data.people} />}
      {people.data && people.data.next !== null && <p className="muted">{t('and_more')} {t('reads_are_noted')}</p>}
    </Section>
  );
}
