/** Which IP addresses are public: those that a request on a user's behalf may reach. */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** IPv4 outside the public Internet (IANA's special-purpose registry), each as `[network, prefix]`. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Inside 2000::/3, the only range of global unicast: protocol assignments, Teredo, documentation, 6to4. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const blocked = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) blocked.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) blocked.addSubnet(network, prefix, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** False for everything that is not an address of the public Internet, text that is no address included. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !blocked.check(address, 'ipv4');
  // Whatever embeds an IPv4 address (mapped, compatible, NAT64) lies outside global unicast.
  return isIP(address) === 6 && globalUnicast.check(address, 'ipv6') && !blocked.check(address, 'ipv6');
}
