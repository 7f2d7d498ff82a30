// Small parts that several views share.
import type { ReactNode } from 'react';
import type { Ref, Trouble } from './api';
import { useKith } from './context';
import { moment } from './format';
import { hashOf } from './route';

export function Notice({ title, about, action, kind = 'plain' }: { title: string; about?: ReactNode; action?: ReactNode; kind?: 'plain' | 'bad' }) {
  return (
    <div className={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <strong>{title}</strong>
      {about && <p>{about}</p>}
      {action}
    </div>
  );
}

export function TroubleNotice({ trouble, again }: { trouble: Trouble; again?: () => void }) {
  const { t } = useKith();
  const lost = trouble.status === 0;
  if (trouble.status === 403) return <Notice title={t('not_for_token')} about={trouble.detail} />;
  return (
    <Notice
      kind="bad"
      title={lost ? t('unreachable') : trouble.title}
      about={lost ? t('unreachable_about') : trouble.detail}
      action={again && <button onClick={again}>{t('retry')}</button>}
    />
  );
}

export function Loading() {
  const { t } = useKith();
  return <p className="loading" role="status">{t('loading')}</p>;
}

export function Section({ title, aside, children, id }: { title: string; aside?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className="card" id={id}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function Moment({ time }: { time: string | null | undefined }) {
  return <time dateTime={time ?? undefined} title={time ?? undefined} className="number">{moment(time)}</time>;
}

export function PersonLink({ id, children }: { id: string; children?: ReactNode }) {
  return <a href={hashOf({ view: 'person', id })}>{children ?? <code>{id.slice(0, 8)}</code>}</a>;
}

export function ThingLink({ thing, name }: { thing: Ref; name?: ReactNode }) {
  return <a href={hashOf({ view: 'thing', ...thing })}>{name ?? <code>{thing.id}</code>}</a>;
}

// A table that scrolls by itself on a narrow screen. `counts`: the columns of figures, whose cells are of the class count.
export function Table({ heads, counts = [], children, label }: { heads: ReactNode[]; counts?: number[]; children: ReactNode; label: string }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>{heads.map((h, i) => <th key={i} scope="col" className={counts.includes(i) ? 'count' : undefined}>{h}</th>)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
