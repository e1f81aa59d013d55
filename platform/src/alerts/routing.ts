/** Which destinations an alert goes to. */
import type { AlertType } from '../core/alert.ts';
import type { Severity } from '../core/detection.ts';

/** A destination as routing sees it. */
export interface RoutableDestination {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Severities that it receives by default. */
  readonly severities: readonly Severity[];
  /** Empty: all. */
  readonly alertTypes: readonly AlertType[];
}

export interface RoutableAlert {
  readonly type: AlertType;
  readonly severity: Severity;
  /** Ids or names from the rule's `destinations()`; null: it gave none. */
  readonly destinations: readonly string[] | null;
  /** Ids or names from the rule's `OutputIds`. */
  readonly outputIds: readonly string[];
}

export interface Route {
  /** Sorted, without duplicates. */
  readonly destinationIds: readonly string[];
  /** Names that the rule gave and that no destination has. */
  readonly unknown: readonly string[];
}

/**
 * First of: nobody, if the rule says `SKIP`; the destinations that `destinations()` names; those of `OutputIds`; those
 * that receive the severity and the alert's type by default. A list that names nothing that exists is passed over.
 * A disabled destination that is named is not replaced by others, and gets nothing.
 */
export function routeAlert(alert: RoutableAlert, available: readonly RoutableDestination[]): Route {
  const unknown: string[] = [];
  for (const wanted of [alert.destinations ?? [], alert.outputIds]) {
    if (wanted.includes('SKIP')) return { destinationIds: [], unknown };
    unknown.push(...wanted.filter((name) => find(name, available) === undefined));
    const found = wanted.flatMap((name) => find(name, available) ?? []);
    if (found.length > 0) return { destinationIds: idsOf(found), unknown };
  }
  return { destinationIds: idsOf(available.filter((destination) => receives(destination, alert))), unknown };
}

function find(wanted: string, available: readonly RoutableDestination[]): RoutableDestination | undefined {
  const name = wanted.toLowerCase();
  return available.find(({ id }) => id === wanted) ?? available.find((other) => other.name.toLowerCase() === name);
}

function receives(destination: RoutableDestination, alert: RoutableAlert): boolean {
  const { severities, alertTypes } = destination;
  return severities.includes(alert.severity) && (alertTypes.length === 0 || alertTypes.includes(alert.type));
}

function idsOf(destinations: readonly RoutableDestination[]): readonly string[] {
  return [...new Set(destinations.filter(({ enabled }) => enabled).map(({ id }) => id))].sort();
}
