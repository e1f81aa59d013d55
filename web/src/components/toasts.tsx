import { Toast } from '@base-ui/react/toast';
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { cx } from './cx.ts';
import styles from './toasts.module.css';

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  return (
    <Toast.Provider timeout={6_000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function Toasts() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={styles.toast}
      swipeDirection={['right', 'down']}
      aria-label={toast.type === 'failed' ? 'It failed' : 'Done'}
    >
      <Toast.Content className={styles.content}>
        {toast.type === 'failed' ? (
          <TriangleAlert aria-hidden className={cx(styles.icon, styles.bad)} />
        ) : (
          <CircleCheck aria-hidden className={cx(styles.icon, styles.good)} />
        )}
        <Toast.Description className={styles.text} />
        <Toast.Close className={styles.close} aria-label="Dismiss">
          <X aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Tells the user in a corner that something is done, or why it is not. */
export function useNotify(): { readonly done: (text: string) => void; readonly failed: (text: string) => void } {
  const { add } = Toast.useToastManager();
  return useMemo(
    () => ({
      done: (text) => void add({ description: text, type: 'done' }),
      failed: (text) => void add({ description: text, type: 'failed', priority: 'high', timeout: 12_000 }),
    }),
    [add],
  );
}
