import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useApi } from '../api/hooks.ts';
import { useCan } from '../api/session.tsx';
import dialogStyles from '../components/dialog.module.css';
import styles from './command-palette.module.css';
import { NAVIGATION } from './navigation.ts';
import { setTheme } from './theme.ts';

interface Command {
  readonly value: string;
  readonly label: string;
  readonly hint: string;
  readonly run: () => void;
}

interface CommandPaletteProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Ctrl+K: goes to any page, detection or source by its name. */
export function CommandPalette({ open, onClose }: CommandPaletteProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={dialogStyles.backdrop} />
        <Dialog.Viewport className={dialogStyles.viewport}>
          <Dialog.Popup className={styles.popup} aria-label="Go to">
            <Commands onClose={onClose} />
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Commands({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const commands = useCommands(text);
  return (
    <Autocomplete.Root
      open
      inline
      items={commands}
      value={text}
      onValueChange={setText}
      itemToStringValue={(command: Command) => `${command.label} ${command.hint}`}
      autoHighlight="always"
      keepHighlight
    >
      <div className={styles.inputRow}>
        <Search aria-hidden />
        <Autocomplete.Input
          className={styles.input}
          aria-label="Search pages, detections, sources"
          placeholder="Go to a page, detection or source…"
        />
      </div>
      <Autocomplete.Empty>
        <div className={styles.empty}>Nothing has this name.</div>
      </Autocomplete.Empty>
      <Autocomplete.List className={styles.list}>
        {(command: Command) => (
          <Autocomplete.Item
            key={command.value}
            value={command}
            className={styles.item}
            onClick={() => {
              onClose();
              command.run();
            }}
          >
            <span className={styles.label}>{command.label}</span>
            <span className={styles.hint}>{command.hint}</span>
          </Autocomplete.Item>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}

function useCommands(text: string): readonly Command[] {
  const navigate = useNavigate();
  const isAdmin = useCan('admin');
  const detections = useApi('GET /detections', { query: { limit: 200 } }, { staleTime: 60_000 });
  const sources = useApi('GET /sources', {}, { staleTime: 60_000 });
  const go = (to: string) => () => void navigate(to);
  const pages: Command[] = NAVIGATION.map(({ to, label }) => ({ value: to, label, hint: 'Page', run: go(to) }));
  const themes: Command[] = (['light', 'dark', 'system'] as const).map((theme) => ({
    value: `theme-${theme}`,
    label: `Theme: ${theme}`,
    hint: 'Action',
    run: () => setTheme(theme),
  }));
  const extra: Command[] = [...(isAdmin ? additions(go) : []), ...themes];
  if (text.trim() === '') return [...pages, ...extra];
  return [
    ...pages,
    ...extra,
    ...(sources.data?.items ?? []).map((source) => ({
      value: `source-${source.id}`,
      label: source.name,
      hint: 'Source',
      run: go(`/sources/${encodeURIComponent(source.id)}`),
    })),
    ...(detections.data?.items ?? []).map((detection) => ({
      value: `detection-${detection.id}`,
      label: detection.displayName || detection.id,
      hint: 'Detection',
      run: go(`/detections/${encodeURIComponent(detection.id)}`),
    })),
  ];
}

function additions(go: (to: string) => () => void): readonly Command[] {
  return [
    { value: 'add-source', label: 'Add a source', hint: 'Action', run: go('/sources/new') },
    { value: 'add-destination', label: 'Add a destination', hint: 'Action', run: go('/destinations/new') },
  ];
}
