import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import styles from './search-input.module.css';

interface SearchInputProps {
  readonly label: string;
  readonly value: string;
  /** Called when the typing pauses. */
  readonly onChange: (text: string) => void;
  readonly placeholder?: string;
}

const PAUSE_MS = 250;

export function SearchInput({ label, value, onChange, placeholder }: SearchInputProps) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) setText(value);
    sent.current = value;
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <div className={styles.search}>
      <Search aria-hidden />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}
