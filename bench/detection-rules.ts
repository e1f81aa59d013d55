/**
 * Python rules about CloudTrail for measuring, in the shapes that rules of the public collections have: a guard on the
 * event's name, source or error, then a closer look. Most look for what happens seldom; few look at what happens often.
 */
import { type Detection, toDetection } from '../platform/src/detections/detection.ts';

type Shape = (name: string, source: string, index: number) => string;

const SHAPES: readonly Shape[] = [
  (name) => `def rule(event):
    if event.get("eventName") != "${name}":
        return False
    return event.deep_get("userIdentity", "type") == "Root"

def title(event):
    return f"${name} by {event.deep_get('userIdentity', 'arn', default='<UNKNOWN>')}"
`,
  (name, source) => `def rule(event):
    return (
        event.get("eventSource") == "${source}"
        and event.get("eventName") in ("${name}", "${name}Batch")
        and not event.get("errorCode")
    )

def dedup(event):
    return event.get("recipientAccountId", "")
`,
  (name) => `NAMES = {"Put${name}", "${name}", "Attach${name}Policy"}

def rule(event):
    if event.get("errorCode") or event.get("eventName") not in NAMES:
        return False
    return "*" in str(event.deep_get("requestParameters", "policyDocument", default=""))
`,
  (name, source) => `def rule(event):
    return all([
        event.get("eventSource", "") == "${source}",
        event.get("eventName", "").startswith("${name}"),
        event.deep_get("userIdentity", "invokedBy", default="") != "cloudformation.amazonaws.com",
    ])
`,
  (name) => `def rule(event):
    if event.get("eventName") == "${name}":
        for item in event.deep_get("requestParameters", "items", default=[]):
            if item.get("groupName") == "all":
                return True
    return False

def severity(event):
    if event.deep_get("userIdentity", "type") == "Root":
        return "CRITICAL"
    return "DEFAULT"
`,
  (name, source, index) => `def rule(event):
    if event.get("eventSource") != "${source}" or event.get("eventName") != "${name}":
        return False
    return event.get("sourceIPAddress", "").startswith("198.51.100.${index % 250}")
`,
  (name) => `import json

def rule(event):
    if event.get("eventName") != "${name}" or event.get("readOnly"):
        return False
    try:
        document = json.loads(event.deep_get("requestParameters", "policy", default="{}"))
    except ValueError:
        return False
    return any(one.get("Effect") == "Allow" for one in document.get("Statement", []))

def alert_context(event):
    return {"actor": event.deep_get("userIdentity", "arn"), "region": event.get("awsRegion")}
`,
  (name) => `def rule(event):
    return event.get("eventName") == "${name}" and event.get("errorCode") in (
        "AccessDenied", "Client.UnauthorizedOperation",
    )
`,
];

const SOURCES = ['iam', 'ec2', 's3', 'kms', 'cloudtrail', 'lambda', 'rds', 'organizations', 'guardduty', 'sts'];
/** Looks at sign-ins, of which there are many; each 250th rule is such. */
const COMMON = `def rule(event):
    if event.get("eventName") != "ConsoleLogin":
        return False
    return event.deep_get("responseElements", "ConsoleLogin") == "Failure"
`;

export function detectionRules(count: number): readonly Detection[] {
  return Array.from({ length: count }, (_, index) => {
    const shape = SHAPES[index % SHAPES.length] as Shape;
    const source = `${SOURCES[index % SOURCES.length]}.amazonaws.com`;
    const body = index % 250 === 3 ? COMMON : shape(`Update${index.toString(36).toUpperCase()}Setting`, source, index);
    const file = `bench_${index}.py`;
    const spec = {
      AnalysisType: 'rule',
      RuleID: `Bench.Detection${index}`,
      Enabled: true,
      Filename: file,
      Severity: 'Info',
      LogTypes: ['AWS.CloudTrail'],
    };
    const parsed = toDetection(spec, file, body);
    if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
    return parsed.detection;
  });
}
