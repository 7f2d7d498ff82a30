// People put on a list, or a tag set by hand of them, and taken off again: pasted or from a file, many at once.
import { useRef, useState, type FormEvent } from 'react';
import { troubleFrom, type AudienceKind, type Definition, type Taken, type Trouble } from './api';
import { useAsk, useKith } from './context';
import { count } from './format';
import { pastedOf, textOf, type ListedLine } from './lists';
import { Notice, Section, Table, TroubleNotice } from './parts';
import { nameOf } from './survey';

const A_REQUEST = 2000; // lines
const FAULTS_SHOWN = 50;
const USUAL_TYPE = 'phone';

interface Fault { line: number; person: string; detail: string }
interface Sent { act: 'set' | 'unset'; done: number; all: number; accepted: number; faulty: number; faults: Fault[]; trouble: Trouble | null }

export function ListPeopleSection({ kind, definition, changed }: { kind: AudienceKind; definition: Definition; changed: () => void }) {
  const { t, lang, term, api } = useKith();
  const types = useAsk<{ types: { name: string }[] }>('identity/types');
  const [text, setText] = useState('');
  const [type, setType] = useState(USUAL_TYPE);
  const [value, setValue] = useState('');
  const [reason, setReason] = useState('');
  const [sent, setSent] = useState<Sent | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const hasValue = definition.list?.['value'] !== undefined && definition.list['value'] !== 'none';
  const pasted = pastedOf(text, type);
  const isBusy = sent !== null && sent.done < sent.all && !sent.trouble;

  const lineOf = (l: ListedLine, act: 'set' | 'unset') => ({
    person: l.person, [kind]: definition.name, act, ...(reason.trim() ? { reason: reason.trim() } : {}), ...(hasValue && act === 'set' ? { value: l.value || value } : {}),
  });
  const send = async (act: 'set' | 'unset') => {
    let now: Sent = { act, done: 0, all: pasted.lines.length, accepted: 0, faulty: 0, faults: [], trouble: null };
    setSent(now);
    try {
      for (let from = 0; from < pasted.lines.length; from += A_REQUEST) {
        const part = pasted.lines.slice(from, from + A_REQUEST);
        const got = await api.send<Taken>('POST', 'listings', part.map((l) => lineOf(l, act)));
        const faults = got.faults.map((f) => ({ line: part[f.line - 1]?.line ?? f.line, person: part[f.line - 1]?.person ?? '', detail: f.detail }));
        now = { ...now, done: from + part.length, accepted: now.accepted + got.accepted, faulty: now.faulty + got.faulty, faults: [...now.faults, ...faults].slice(0, FAULTS_SHOWN) };
        setSent(now);
      }
      if (now.faulty === 0) setText('');
    } catch (e) {
      setSent({ ...now, trouble: troubleFrom(e) });
    }
    changed();
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void send('set');
  };
  const choices = Object.entries(definition.values);
  return (
    <Section title={t(kind === 'tag' ? 'list_tag' : 'list_people')}>
      <form className="build" onSubmit={submit}>
        <p className="muted">{t(hasValue ? 'list_about_value' : 'list_about')}</p>
        <textarea value={text} onChange={(e) => setText(e.target.value)} aria-label={t('identifiers')} placeholder={hasValue ? '13812345678, dry\nopenid:wx01:oA1, oily' : '13812345678\nuser_id:u42\nopenid:wx01:oA1'} spellCheck={false} />
        <div className="deeds">
          <button type="button" onClick={() => file.current?.click()}>{t('list_file')}</button>
          <input ref={file} type="file" accept=".csv,.txt,.tsv,text/*" hidden onChange={async (e) => { const f = e.target.files?.[0]; if (f) setText(textOf(await f.arrayBuffer())); e.target.value = ''; }} />
          <label>{t('list_type')}{' '}
            <select value={type} onChange={(e) => setType(e.target.value)}>
              {(types.data?.types.map((x) => x.name) ?? [USUAL_TYPE]).map((x) => <option key={x} value={x}>{term('id', x)}</option>)}
            </select>
          </label>
          {hasValue && (
            <label>{t('list_value')}{' '}
              {choices.length === 0 ? <input className="short" value={value} onChange={(e) => setValue(e.target.value)} autoComplete="off" /> : (
                <select value={value} onChange={(e) => setValue(e.target.value)}>
                  <option value="">—</option>
                  {choices.map(([v, l]) => <option key={v} value={v}>{nameOf({ name: v, label_zh: l.label_zh ?? null, label_en: l.label_en ?? null }, lang)}</option>)}
                </select>
              )}
            </label>
          )}
          <input className="narrow" value={reason} onChange={(e) => setReason(e.target.value)} aria-label={t('reason')} placeholder={t('reason')} autoComplete="off" maxLength={200} />
        </div>
        <div className="deeds">
          <button type="submit" className="main" disabled={pasted.lines.length === 0 || isBusy}>{t(kind === 'tag' ? 'list_set' : 'list_put')} ({count(pasted.lines.length, lang)})</button>
          <button type="button" disabled={pasted.lines.length === 0 || isBusy} onClick={() => void send('unset')}>{t('list_take')}</button>
          {pasted.header !== null && <small>{t('list_header')} <code>{pasted.header}</code></small>}
        </div>
      </form>
      {sent && <SentOf sent={sent} />}
    </Section>
  );
}

export function SentOf({ sent }: { sent: Sent }) {
  const { t, lang } = useKith();
  const isDone = sent.done === sent.all;
  return (
    <>
      {sent.trouble && <TroubleNotice trouble={sent.trouble} />}
      {!isDone && !sent.trouble && <p role="status">{t('list_sending')} <progress value={sent.done} max={sent.all} /></p>}
      {(isDone || sent.trouble) && <Notice title={`${t(sent.act === 'set' ? 'list_accepted' : 'list_taken')} ${count(sent.accepted, lang)}${sent.faulty > 0 ? ` · ${t('list_faulty')} ${count(sent.faulty, lang)}` : ''}`} about={sent.accepted > 0 ? t('list_waits') : undefined} />}
      {sent.faults.length > 0 && (
        <Table label={t('list_faulty')} heads={[t('line'), t('identifiers'), t('reason')]}>
          {sent.faults.map((f) => <tr key={f.line}><td className="number">{f.line}</td><td><code>{f.person}</code></td><td>{f.detail}</td></tr>)}
        </Table>
      )}
    </>
  );
}
