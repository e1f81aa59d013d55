/** Text that people wrote in Markdown. HTML in it is shown as text, and links open beside the console. */
import { type ComponentProps, lazy, Suspense } from 'react';
import styles from './markdown.module.css';

const ReactMarkdown = lazy(() => import('react-markdown'));

export function Markdown({ text }: { readonly text: string }) {
  return (
    <div className={styles.markdown}>
      <Suspense fallback={<p>{text}</p>}>
        <ReactMarkdown components={{ a: ExternalLink, img: ({ alt }) => <span>{alt}</span> }}>{text}</ReactMarkdown>
      </Suspense>
    </div>
  );
}

function ExternalLink({ href, children }: ComponentProps<'a'>) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
