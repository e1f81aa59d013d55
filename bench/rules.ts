/** Rules for measuring: each looks for one event name, as most rules about CloudTrail do, in the ways rules are written. */
import type { Detection } from '../platform/src/detections/detection.ts';
import { toDetection } from '../platform/src/detections/detection.ts';

const BODIES: readonly ((name: string) => string)[] = [
  (name) => `def rule(event):
    if event.get("eventName") != "${name}":
        return False
    return event.deep_get("userIdentity", "type") == "Root"

def title(event):
    return "${name} by " + str(event.deep_get("userIdentity", "arn"))
`,
  (name) => `NAMES = {"${name}", "${name}V2"}

def rule(event):
    return event.get("eventName") in NAMES and event.get("errorCode") is None

def dedup(event):
    return event.get("recipientAccountId", "")
`,
  (name) => `def rule(event):
    return all([event.get("eventSource") == "iam.amazonaws.com", event.get("eventName") == "${name}"])
`,
  (name) => `def rule(event):
    return event.get("eventSource") == "ec2.amazonaws.com" and event.get("eventName", "").startswith("${name}")
`,
];

/** `count` Python rules for AWS.CloudTrail. One rule in twenty asks for a prefix; one in a
 * hundred asks for a name that the bench's events have. */
export function benchRules(count: number): readonly Detection[] {
  return Array.from({ length: count }, (_, index) => {
    const name = index % 100 === 1 ? 'ConsoleLogin' : `Delete${index.toString(36).toUpperCase()}Thing`;
    const body = (BODIES[index % 20 === 19 ? 3 : index % 3] as (typeof BODIES)[number])(name);
    const spec = {
      AnalysisType: 'rule',
      RuleID: `Bench.Rule${index}`,
      Enabled: true,
      Filename: `bench_${index}.py`,
      Severity: 'Info',
      LogTypes: ['AWS.CloudTrail'],
    };
    const parsed = toDetection(spec, `bench_${index}.py`, body);
    if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
    return parsed.detection;
  });
}
