// Who is in a segment or has a tag: some at a time, masked where the token is; and of a tag with values how many have which.
import { useState } from 'react';
import { troubleFrom, type Definition, type Found, type FoundList, type TagValues, type Trouble } from './api';
import { useAsk, useKith } from './context';
import { count, plain } from './format';
import { Loading, Moment, PersonLink, Section, Table, TroubleNotice } from './parts';
import { Gauge } from './pictures';
import { nameOf, pathOf } from './survey';

const PAGE = 20;

// Only when asked for: each page is a read that is noted.
export function AudienceMembers({ path }: { path: string }) {
  const { t, api } = useKith();
  const [people, setPeople] = useState<Found[] | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const ask = async () => {
    try {
      const got = await api.get<Pick<FoundList, 'people'> & { next: number | null }>(`${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${next === null ? '' : `&after=${next}`}`);
      setPeople((p) => [...(p ?? []), ...got.people]);
      setNext(got.next);
      setTrouble(null);
    } catch (e) {
      setTrouble(troubleFrom(e));
    }
  };
  return (
    <Section title={t('members')} aside={people === null && <button onClick={ask}>{t('members_look')}</button>}>
      {trouble && <TroubleNotice trouble={trouble} again={ask} />}
      {people === null && !trouble && <p className="muted">{t('reads_are_noted')}</p>}
      {people !== null && <MembersOf people={people} />}
      {next !== null && !trouble && <button className="quiet" onClick={ask}>{t('more')}</button>}
    </Section>
  );
}

// `value`: what each of them has, where that is asked for.
export function MembersOf({ people, value }: { people: readonly Found[]; value?: ((i: number) => unknown) | undefined }) {
  const { t, lang } = useKith();
  if (people.length === 0) return <p className="muted">{t('no_people')}</p>;
  return (
    <Table label={t('members')} heads={[t('person'), ...(value ? [t('value')] : []), t('number'), t('identifiers'), t('events'), t('last')]} counts={value ? [3, 4] : [2, 3]}>
      {people.map((p, i) => (
        <tr key={p.id}>
          <td><PersonLink id={p.id}>{p.name ?? p.phone ?? p.id.slice(0, 8)}</PersonLink> {p.name && <span className="muted number">{p.phone}</span>}</td>
          {value && <td>{plain(value(i), lang)}</td>}
          <td className="number">{p.number}</td>
          <td className="number count">{count(p.identifiers, lang)}</td>
          <td className="number count">{count(p.events, lang)}</td>
          <td><Moment time={p.last_seen} /></td>
        </tr>
      ))}
    </Table>
  );
}

// How many people have which value; one that is chosen shows its people.
export function ValuesSection({ definition }: { definition: Definition }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<TagValues>(pathOf('tag', definition.name, 'values'));
  const [value, setValue] = useState('');
  return (
    <>
      <Section title={t('values_of')}>
        {trouble && <TroubleNotice trouble={trouble} again={again} />}
        {!data && !trouble && <Loading />}
        {data && <ValuesOf values={data} declared={definition.values} chosen={value} choose={setValue} />}
      </Section>
      {value && <AudienceMembers key={value} path={`${pathOf('tag', definition.name, 'people')}?${new URLSearchParams({ value })}`} />}
    </>
  );
}

export function ValuesOf({ values, declared, chosen, choose }: { values: TagValues; declared: Definition['values']; chosen: string; choose: (value: string) => void }) {
  const { t, lang } = useKith();
  const most = Math.max(1, ...values.values.map((v) => v.people));
  const named = (value: string) => nameOf({ name: value, label_zh: declared[value]?.label_zh ?? null, label_en: declared[value]?.label_en ?? null }, lang);
  if (values.values.length === 0) return <p className="muted">{t('no_people')}</p>;
  return (
    <>
      <ol className="bars">
        {values.values.map(({ value, people }) => {
          const text = plain(value, lang);
          return (
            <li key={text}>
              <span className="bar-name"><button className="quiet" aria-pressed={text === chosen} onClick={() => choose(text)}>{named(text)}</button></span>
              <Gauge share={people / most} />
              <span className="number">{count(people, lang)}</span>
            </li>
          );
        })}
      </ol>
      {values.count > values.values.length && <p className="muted">{t('and_more')}</p>}
    </>
  );
}
