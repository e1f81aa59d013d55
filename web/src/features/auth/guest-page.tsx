import { type ReactNode, useEffect } from 'react';
import { Mark } from '../../shell/mark.tsx';
import styles from './guest-page.module.css';

interface GuestPageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of the pages for those who are not signed in. */
export function GuestPage({ title, lead, children }: GuestPageProps) {
  useEffect(() => {
    document.title = `${title} · Panther`;
  }, [title]);
  return (
    <main className={styles.page}>
      <div className={styles.brand}>
        <Mark size={30} />
        <span>Panther</span>
      </div>
      <div className={styles.card}>
        <h1 className={styles.title}>{title}</h1>
        {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        {children}
      </div>
    </main>
  );
}
