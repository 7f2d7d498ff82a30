// Tags and segments: the list of them, and one of them with all that can be looked at and done.
import { useState, type FormEvent } from 'react';
import { troubleFrom, type AudienceKind, type AudienceRef, type Definition, type DefinitionList, type Answer, type Trouble } from './api';
import { AudienceNav } from './audience_nav';
import { AudienceMembers, ValuesSection } from './audience_people';
import { GrowthSection, OverlapSection, PortraitSection, ReachSection } from './audience_survey';
import { ExplainSection } from './belongs';
import { useAsk, useKith } from './context';
import { ListPeopleSection } from './list_people';
import { count, duration, percent } from './format';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';
import { Gauge } from './pictures';
import { hashOf } from './route';
import { StudyNotice, useStudy } from './study';
import { figure, fits, nameOf, pathOf, records, type Row } from './survey';

const LIST_EVERY_MS = 5000;
const GATHERING_EVERY_MS = 1000;

export function AudiencePage({ kind, name }: { kind: AudienceKind; name: string }) {
  return name ? <DefinitionPage kind={kind} name={name} /> : <ListPage kind={kind} />;
}

// --- all of them ---

function ListPage({ kind }: { kind: AudienceKind }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<DefinitionList>(pathOf(kind), LIST_EVERY_MS);
  const [looksAtHealth, setLooks] = useState(false);
  const health = useStudy<Answer>(looksAtHealth ? `audience/health?kind=${kind}` : null);
  const list = data?.[kind === 'tag' ? 'tags' : 'segments'];
  return (
    <>
      <h1>{t('audience')}</h1>
      <AudienceNav here={kind === 'tag' ? 'tags' : 'segments'} />
      <p className="muted">{t('audience_about')}</p>
      <div className="deeds">
        <a className="button" href={hashOf({ view: 'build', kind, name: '' })}>{t(kind === 'tag' ? 'new_tag' : 'new_segment')}</a>
        <button onClick={() => (looksAtHealth ? health.again() : setLooks(true))}>{t('health_look')}</button>
      </div>
      {looksAtHealth && <StudyNotice of={health} />}
      {trouble && !data && <TroubleNotice trouble={trouble} again={again} />}
      {!list && !trouble && <Loading />}
      {list && <ListOf kind={kind} list={list} health={health.data} />}
    </>
  );
}

export function ListOf({ kind, list, health }: { kind: AudienceKind; list: readonly Definition[]; health: Answer | null }) {
  const { t, lang } = useKith();
  const [text, setText] = useState('');
  const most = Math.max(1, ...list.map((d) => d.size ?? 0));
  const found = new Map((health ? records(health) : []).map((r) => [String(r['name']), r]));
  const heads = [t('name_of'), t('people'), '', t('state'), t('category'), t('owner'), ...(health ? [t('coverage'), t('health')] : [])];
  if (list.length === 0) return <p className="muted">{t('no_definitions')}</p>;
  return (
    <Section title={t(kind === 'tag' ? 'tags' : 'segments')} aside={<input className="narrow" type="search" value={text} onChange={(e) => setText(e.target.value)} aria-label={t('filter_label')} placeholder={t('filter_label')} />}>
      <Table label={t(kind === 'tag' ? 'tags' : 'segments')} heads={heads} counts={[1]}>
        {list.filter((d) => fits(d, text)).map((d) => (
          <tr key={d.name}>
            <th scope="row"><a href={hashOf({ view: 'audience', kind, name: d.name })}>{nameOf(d, lang)}</a> <small>{nameOf(d, lang) !== d.name && d.name}</small></th>
            <td className="number count">{d.size === null ? '' : count(d.size, lang)}</td>
            <td>{d.size !== null && <Gauge share={d.size / most} />}</td>
            <td><State of={d} /></td>
            <td>{d.category}</td>
            <td>{d.owner}</td>
            {health && <HealthCells row={found.get(d.name)} />}
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function HealthCells({ row }: { row: Row | undefined }) {
  const { t, lang } = useKith();
  if (!row) return <><td /><td /></>;
  const hints = String(row[lang === 'zh' ? 'hints_zh' : 'hints'] ?? '');
  return (
    <>
      <td className="number">{percent(figure(row, 'coverage'), lang)}</td>
      <td><span className={hints ? 'tag quarantined' : 'tag good'}>{hints || t('healthy')}</span></td>
    </>
  );
}

function State({ of }: { of: Definition }) {
  const { term } = useKith();
  return (
    <>
      <span className={`tag ${of.state === 'in_force' ? 'good' : of.state === 'refused' ? 'bad' : 'quarantined'}`}>{term('audience_state', of.state)}</span>
      {of.progress && <> <progress value={of.progress.share} max={1} /></>}
      {of.content !== 'rule' && <> <span className="tag">{term('content', of.content)}</span></>}
    </>
  );
}

// --- one of them ---

function DefinitionPage({ kind, name }: { kind: AudienceKind; name: string }) {
  const { t } = useKith();
  const [isMoving, setIsMoving] = useState(true);
  const { data, trouble, again } = useAsk<Definition>(pathOf(kind, name), isMoving ? GATHERING_EVERY_MS : LIST_EVERY_MS);
  const isDone = data !== null && data.state !== 'gathering' && data.state !== 'waiting';
  if (isMoving === isDone) setIsMoving(!isDone);
  const back = <a className="button" href={hashOf({ view: 'audience', kind, name: '' })}>{t('back_to_list')}</a>;
  if (trouble?.status === 404) return <Notice title={t('no_such_definition')} action={back} />;
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  return (
    <>
      <DefinitionCard kind={kind} definition={data} />
      <Deeds kind={kind} definition={data} again={again} />
      {data.content === 'list' && <ListPeopleSection kind={kind} definition={data} changed={again} />}
      {data.answers && <Looks kind={kind} definition={data} />}
    </>
  );
}

// What is looked at once the definition answers; anew for each revision.
function Looks({ kind, definition }: { kind: AudienceKind; definition: Definition }) {
  const hasValues = definition.type !== 'truth';
  const id = `${definition.revision} ${definition.state} ${definition.content === 'list' ? definition.size : ''}`;
  return (
    <>
      {hasValues && <ValuesSection key={`values ${id}`} definition={definition} />}
      <ReachSection key={`reach ${id}`} kind={kind} name={definition.name} />
      <GrowthSection key={`growth ${id}`} kind={kind} name={definition.name} />
      <div className="columns">
        <div>
          <ExplainSection key={`explain ${id}`} kind={kind} name={definition.name} />
          <PortraitSection key={`portrait ${id}`} kind={kind} name={definition.name} />
        </div>
        <div>
          <OverlapSection key={`overlap ${id}`} kind={kind} name={definition.name} />
        </div>
      </div>
      {!hasValues && <AudienceMembers key={`members ${id}`} path={pathOf(kind, definition.name, 'people')} />}
    </>
  );
}

export function DefinitionCard({ kind, definition }: { kind: AudienceKind; definition: Definition }) {
  const { t, lang, term, label } = useKith();
  const d = definition;
  return (
    <>
      <div className="who">
        <h1>{nameOf(d, lang)}</h1>
        {d.size !== null && <span className="number phone">{count(d.size, lang)} {t('people_of')}</span>}
        <State of={d} />
        <span className="muted">
          {term('audience_kind', kind)} <code>{d.name}</code> · {label('brand', d.brand)} · {t('owner')} {d.owner ?? '—'}{d.category && ` · ${d.category}`} · {t('revision')} {d.revision}, {t('saved')} <Moment time={d.saved} />
          {d.until && ` · ${t('until')} ${d.until}`}
        </span>
      </div>
      <section className="card">
        {d.description && <p>{d.description}</p>}
        {d.content === 'rule' && (d.text === null ? <p className="muted">{t('text_hidden')}</p> : <code className="expression">{d.text}</code>)}
        {d.sentence && <p>{d.sentence[lang]}</p>}
        {d.content === 'list' && !d.snapshot && <p>{t(kind === 'tag' ? 'list_tag_about' : 'list_segment_about')}</p>}
        {d.snapshot && <p>{t('snapshot_of')} <SnapshotSource of={d.snapshot} /> {d.snapshot.filling && t('filling')}</p>}
        {d.content === 'group' && <ol>{d.tags?.map((tag) => <li key={tag}><a href={hashOf({ view: 'audience', kind: 'tag', name: tag })}>{tag}</a></li>)}</ol>}
        {d.state === 'gathering' && <Gathering of={d} />}
        {(d.warnings ?? []).map((w) => <p key={w.en} className="wrong">{w[lang]}</p>)}
        {(d.named_by ?? []).length > 0 && (
          <p className="muted">{t('named_by')} {d.named_by?.map((n) => <a key={`${n.kind} ${n.name}`} className="tag" href={hashOf({ view: 'audience', ...n })}>{n.name}</a>)}</p>
        )}
      </section>
    </>
  );
}

function SnapshotSource({ of }: { of: NonNullable<Definition['snapshot']> }) {
  const { t } = useKith();
  const kind = of.tag ? 'tag' : 'segment';
  const name = of.tag ?? of.segment ?? '';
  return <><a href={hashOf({ view: 'audience', kind, name })}>{name}</a> ({t('position')} {of.position})</>;
}

function Gathering({ of }: { of: Definition }) {
  const { t, lang } = useKith();
  const rest = of.progress?.rest_seconds;
  return (
    <p role="status">
      {t('gathering_about')} <progress value={of.progress?.share} max={1} aria-label={t('gathering_about')} />
      {rest !== null && rest !== undefined && ` ${t('rest')} ${duration(rest, lang)}`}
    </p>
  );
}

// --- done with it ---

function Deeds({ kind, definition, again }: { kind: AudienceKind; definition: Definition; again: () => void }) {
  const { t, api } = useKith();
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isEnding, setIsEnding] = useState(false);
  const attempt = async (deed: () => Promise<unknown>, then: () => void) => {
    setTrouble(null);
    try {
      await deed();
      then();
    } catch (e) {
      setTrouble(troubleFrom(e));
    }
  };
  const path = pathOf(kind, definition.name);
  const end = () => attempt(() => api.send('DELETE', path), () => { location.hash = hashOf({ view: 'audience', kind, name: '' }); });
  return (
    <>
      <div className="deeds">
        {(definition.content !== 'rule' || definition.text !== null) && <a className="button" href={hashOf({ view: 'build', kind, name: definition.name })}>{t('edit')}</a>}
        {definition.state !== 'in_force' && <button onClick={() => attempt(() => api.send('DELETE', `${path}/change`), again)}>{t('cancel_change')}</button>}
        {definition.answers && <button onClick={() => attempt(() => download(api.open(`export/people?of=${encodeURIComponent(`${kind}:${definition.name}`)}`), `${definition.name}.ndjson`), () => undefined)}>{t('export_it')}</button>}
        <button aria-expanded={isEnding} onClick={() => setIsEnding(!isEnding)}>{t('end_it')}</button>
        {definition.answers && definition.type === 'truth' && <Freeze path={path} />}
      </div>
      {isEnding && <EndNotice definition={definition} end={end} leave={() => setIsEnding(false)} />}
      {trouble && <TroubleNotice trouble={trouble} />}
    </>
  );
}

// Says who uses it before it ends; what others name can't be ended.
export function EndNotice({ definition, end, leave }: { definition: Definition; end: () => void; leave: () => void }) {
  const { t, lang } = useKith();
  const namers = definition.named_by ?? [];
  const uses: AudienceRef[] = [...namers, ...(definition.group ? [{ kind: 'tag' as const, name: definition.group }] : [])];
  const links = uses.map((n) => <a key={`${n.kind} ${n.name}`} className="tag" href={hashOf({ view: 'audience', ...n })}>{n.name}</a>);
  return (
    <Notice
      kind={uses.length > 0 ? 'bad' : 'plain'}
      title={uses.length > 0 ? t('end_used') : `${t('end_really')} ${nameOf(definition, lang)}`}
      about={uses.length > 0 ? <>{t('named_by')} {links}</> : `${t('end_about')}${definition.size ? ` ${t('end_people')} ${count(definition.size, lang)}` : ''}`}
      action={<span className="deeds">{uses.length === 0 && <button className="bad" onClick={end}>{t('end_sure')}</button>}<button onClick={leave}>{t('cancel')}</button></span>}
    />
  );
}

async function download(reply: Promise<Response>, name: string) {
  const address = URL.createObjectURL(await (await reply).blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

function Freeze({ path }: { path: string }) {
  const { t, api } = useKith();
  const [name, setName] = useState('');
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [frozen, setFrozen] = useState('');
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setTrouble(null);
    try {
      await api.send('POST', `${path}/freeze`, { name: name.trim() });
      setFrozen(name.trim());
      setName('');
    } catch (error) {
      setTrouble(troubleFrom(error));
    }
  };
  return (
    <>
      <form onSubmit={submit} title={t('freeze_about')}>
        <input value={name} onChange={(e) => setName(e.target.value)} required maxLength={64} aria-label={t('snapshot_name')} placeholder={t('snapshot_name')} autoComplete="off" spellCheck={false} />
        <button type="submit">{t('freeze')}</button>
      </form>
      {frozen && <span role="status">{t('frozen')}: <a href={hashOf({ view: 'audience', kind: 'segment', name: frozen })}>{frozen}</a></span>}
      {trouble && <TroubleNotice trouble={trouble} />}
    </>
  );
}
