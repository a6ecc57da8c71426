import { expect, test } from 'vitest'
import { canonicalAddress } from './canonicalAddress.ts'

test.each([
  ['1.2.3.4', '1.2.3.4', 'ipv4'],
  ['::FFFF:1.2.3.4', '1.2.3.4', 'ipv4'],
  ['0:0:0:0:0:ffff:102:304', '1.2.3.4', 'ipv4'],
  ['64:ff9b::1.2.3.4', '1.2.3.4', 'ipv4'],
  ['::1.2.3.4', '1.2.3.4', 'ipv4'],
  ['::ffff:0:1.2.3.4', '1.2.3.4', 'ipv4'],
  ['2002:102:304::', '1.2.3.4', 'ipv4'],
  ['2002:102:304:5:6:7:8:9', '1.2.3.4', 'ipv4'],
  ['::', '::', 'ipv6'],
  ['::1', '::1', 'ipv6'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8', 'ipv6'],
  ['64:ff9b:1::1.2.3.4', '64:ff9b:1::102:304', 'ipv6'],
  ['2001:DB8:0:0::1', '2001:db8::1', 'ipv6'],
  ['fe80::1%eth0', 'fe80::1', 'ipv6'],
])('%s is %s (%s)', (given, address, family) => {
  expect(canonicalAddress(given)).toEqual({ address, family })
})
