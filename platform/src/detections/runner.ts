/** What the runners of every language take and give. */
import type { JsonPathStep } from './format/json-path.ts';

/** Code of a rule. `key` names it in calls and answers. */
export interface RuleSource {
  readonly key: number;
  readonly id: string;
  /** For messages and stack traces. */
  readonly file: string;
  readonly body: string;
  /** A rule over log events without it. */
  readonly type?: 'rule' | 'scheduled_rule' | 'policy';
}

/** Python that rules share: a module that they import (the format's `global`), or the code of a data model. */
export interface HelperSource {
  readonly id: string;
  readonly file: string;
  readonly body: string;
  readonly model?: ModelSource;
}

/** What `event.udm(name)` is on the events of a log type. */
export interface ModelSource {
  readonly logType: string;
  readonly mappings: readonly (
    | { readonly name: string; readonly steps: readonly JsonPathStep[] }
    | { readonly name: string; readonly method: string }
  )[];
}

/** An event for some rules. */
export interface Call {
  readonly eventJson: string;
  readonly keys: readonly number[];
}

export interface TestCall {
  readonly rule: RuleSource;
  readonly eventJson: string;
  /** Names in the rule's module to the values that they return when called. */
  readonly mocks: Readonly<Record<string, unknown>>;
  /** False: the module stays as the rule's last test left it. */
  readonly isFirst?: boolean;
}

/** What went wrong in a rule. */
export interface Trouble {
  /** Class of the error. */
  readonly type: string;
  /** The error as the language shows it. */
  readonly title: string;
  /** Message with the place in the rule's code. */
  readonly message: string;
}

/** What the alert functions returned, checked and cut to size. */
export interface Outputs {
  readonly title?: string;
  readonly description?: string;
  readonly reference?: string;
  readonly runbook?: string;
  readonly dedup?: string;
  /** In capitals; `DEFAULT` is the rule's own. */
  readonly severity?: string;
  /** Null: no opinion. */
  readonly destinations?: readonly string[] | null;
  /** JSON text of an object. */
  readonly alert_context?: string;
  /** What the threshold counts distinct values of. */
  readonly unique?: string;
}

/** Of one call of one rule; those that neither matched nor failed are left out of a batch's answers. */
export interface Answer {
  /** Index of the call in its batch. */
  readonly event: number;
  readonly rule: number;
  readonly matched?: boolean;
  readonly error?: Trouble;
  readonly outputs?: Outputs;
  /** Alert functions that failed, by their name in the format. */
  readonly errors?: Readonly<Record<string, Trouble>>;
  /** What it printed in a unit test, cut to size; absent for nothing. Printed text of live events goes nowhere. */
  readonly output?: string;
}
