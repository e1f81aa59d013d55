/** The log types that can be generated. */
import type { Generator } from './generator.ts';
import { alb } from './generators/alb.ts';
import { apacheAccessCombined } from './generators/apache-access-combined.ts';
import { cloudtrail } from './generators/cloudtrail.ts';
import { gitlabApi } from './generators/gitlab-api.ts';
import { nginxAccess } from './generators/nginx-access.ts';
import { oktaSystemLog } from './generators/okta-system-log.ts';
import { s3ServerAccess } from './generators/s3-server-access.ts';
import { suricataDns } from './generators/suricata-dns.ts';
import { syslogRfc3164, syslogRfc5424 } from './generators/syslog.ts';
import { vpcFlow } from './generators/vpc-flow.ts';
import { zeekDns } from './generators/zeek-dns.ts';

export const GENERATORS: readonly Generator[] = [
  alb,
  apacheAccessCombined,
  cloudtrail,
  gitlabApi,
  nginxAccess,
  oktaSystemLog,
  s3ServerAccess,
  suricataDns,
  syslogRfc3164,
  syslogRfc5424,
  vpcFlow,
  zeekDns,
];
