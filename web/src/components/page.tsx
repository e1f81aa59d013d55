/** The parts that pages are made of. */
import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { cx } from './cx.ts';
import styles from './page.module.css';
import { useOverflow } from './use-overflow.ts';

interface PageProps {
  readonly title: string;
  /** What stands in place of the title's text. */
  readonly heading?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly back?: { readonly to: string; readonly label: string };
  readonly children: ReactNode;
}

export function Page({ title, heading, lead, actions, back, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Panther`;
  }, [title]);
  return (
    <div className={styles.page}>
      {back !== undefined && (
        <Link to={back.to} className={styles.back}>
          <ArrowLeft aria-hidden /> {back.label}
        </Link>
      )}
      <header className={styles.header}>
        <div className={styles.titles}>
          <h1>{heading ?? title}</h1>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface CardProps {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  /** No padding: the content is a table or a list. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

export function Card({ title, aside, flush, className, children }: CardProps) {
  return (
    <section className={cx(styles.card, className)}>
      {title !== undefined && (
        <header className={styles.cardHeader}>
          <h2>{title}</h2>
          {aside !== undefined && <div className={styles.cardAside}>{aside}</div>}
        </header>
      )}
      {flush ? <FlushBody>{children}</FlushBody> : <div className={styles.cardBody}>{children}</div>}
    </section>
  );
}

/** A wide table scrolls in it; then the keyboard reaches it, too. */
function FlushBody({ children }: { readonly children: ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const overflows = useOverflow(body);
  return (
    <div ref={body} className={styles.cardFlush} {...(overflows ? { tabIndex: 0 } : {})}>
      {children}
    </div>
  );
}

/** A number with its name. */
export function Stat({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <dl className={styles.stat}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note !== undefined && <dd className={styles.statNote}>{note}</dd>}
    </dl>
  );
}

/** Names and values, one below the other. */
export function Facts({ items }: { readonly items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
