/** Choosing from a list: one value, or several with a search. */
import { Combobox } from '@base-ui/react/combobox';
import { Select } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { cx } from './cx.ts';
import styles from './pick.module.css';

export interface Option<T extends string = string> {
  readonly value: T;
  readonly label: string;
}

interface PickOneProps<T extends string> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  /** Shows the label before the value. */
  readonly prefix?: string;
  readonly small?: boolean;
  readonly disabled?: boolean;
}

/** A select. Inside a `Field` it takes the label's name; `label` is for those without one. */
export function PickOne<T extends string>(props: PickOneProps<T>) {
  const { label, options, value, onChange, prefix, small, disabled } = props;
  return (
    <Select.Root
      items={options as Option<T>[]}
      value={value}
      onValueChange={(next) => next !== null && onChange(next as T)}
      disabled={disabled ?? false}
    >
      <Select.Trigger className={cx(styles.trigger, small && styles.small)} aria-label={label}>
        <span className={styles.value}>
          {prefix !== undefined && <span className={styles.prefix}>{prefix} </span>}
          <Select.Value />
        </span>
        <Select.Icon className={styles.icon}>
          <ChevronDown aria-hidden />
        </Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner className={styles.positioner} sideOffset={4} alignItemWithTrigger={false} align="start">
          <Select.Popup className={styles.popup}>
            <Select.List className={styles.list}>
              {options.map((option) => (
                <Select.Item key={option.value} value={option.value} className={styles.item}>
                  <Select.ItemIndicator className={styles.indicator}>
                    <Check aria-hidden />
                  </Select.ItemIndicator>
                  <Select.ItemText className={styles.itemText}>{option.label}</Select.ItemText>
                </Select.Item>
              ))}
            </Select.List>
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}

interface PickManyProps<T extends string> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly value: readonly T[];
  readonly onChange: (value: T[]) => void;
  /** What the button says when nothing is chosen. */
  readonly placeholder?: string;
  /** As wide as the form. */
  readonly full?: boolean;
}

const SEARCH_FROM = 9;

/** A button that opens a list with check marks, with a search when the list is long. */
export function PickMany<T extends string>(props: PickManyProps<T>) {
  const { label, options, value, onChange, placeholder, full } = props;
  const chosen = options.filter((option) => value.includes(option.value));
  return (
    <Combobox.Root
      multiple
      items={options as Option<T>[]}
      value={chosen}
      onValueChange={(next) => onChange(next.map((option) => option.value))}
      isItemEqualToValue={(a, b) => a.value === b.value}
    >
      <Combobox.Trigger
        className={cx(styles.trigger, full && styles.full, chosen.length > 0 && !full && styles.active)}
        aria-label={`${label}: ${summary(chosen) ?? placeholder ?? 'any'}`}
      >
        <span className={styles.value}>
          {!full && <span className={styles.prefix}>{label}</span>}
          {full ? (summary(chosen) ?? <span className={styles.prefix}>{placeholder}</span>) : shortSummary(chosen)}
        </span>
        <Combobox.Icon className={styles.icon}>
          <ChevronDown aria-hidden />
        </Combobox.Icon>
      </Combobox.Trigger>
      <Combobox.Portal>
        <Combobox.Positioner className={styles.positioner} align="start" sideOffset={4}>
          <Combobox.Popup className={styles.popup} aria-label={label}>
            {options.length >= SEARCH_FROM && <Combobox.Input className={styles.search} placeholder="Search…" />}
            <Combobox.Empty>
              <div className={styles.empty}>Nothing matches.</div>
            </Combobox.Empty>
            <Combobox.List className={styles.list} aria-label={label}>
              {(option: Option<T>) => (
                <Combobox.Item key={option.value} value={option} className={styles.item}>
                  <span className={styles.box}>
                    <Combobox.ItemIndicator className={styles.indicator}>
                      <Check aria-hidden />
                    </Combobox.ItemIndicator>
                  </span>
                  <span className={styles.itemText}>{option.label}</span>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

function summary(chosen: readonly Option[]): string | undefined {
  return chosen.length === 0 ? undefined : chosen.map(({ label }) => label).join(', ');
}

function shortSummary(chosen: readonly Option[]): string | undefined {
  return chosen.length <= 2 ? summary(chosen) : `${chosen.length} chosen`;
}
