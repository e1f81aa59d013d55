import styles from './printed.module.css';

/** What a detection printed while it was tried; nothing where it printed nothing. */
export function Printed({ text }: { readonly text: string }) {
  if (text === '') return null;
  return (
    <section>
      <h3>Printed</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <pre className={styles.printed} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
