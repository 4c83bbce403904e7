import { beforeAll, expect, test } from 'vitest';
import { expectFew, planRoom, ROWS } from '../support/plans.ts';

const { fill, pages } = await planRoom();

beforeAll(() =>
  fill(
    ['system_state'],
    `insert into system_state (key, value, version) select format('bulk/%s/%s', n % 50, to_char(n, 'FM0000000')), '1', 1
       from generate_series(1, ${ROWS}) n`,
  ),
);

test('keys, and those of a prefix', async () => {
  for (const list of ['states', 'states(prefix: "bulk/7/")']) {
    const plans = await pages(list, { node: 'key' });
    expectFew(plans);
    for (const { paths } of plans) expect(paths).toEqual(['system_state_pkey']);
  }
});
