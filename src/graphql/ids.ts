import { RookeryError } from '../errors.ts';

/** The key an `ID` names: a decimal number as text ("8"). `BAD_INPUT` for anything else. */
export function parseId(id: string | number | bigint, what: string): bigint {
  const text = String(id);
  if (!/^[1-9]\d{0,18}$/.test(text) || BigInt(text) > MAX_BIGINT)
    throw new RookeryError('BAD_INPUT', `"${text.slice(0, 40)}" is not the number of a ${what}: ids look like "8".`);
  return BigInt(text);
}

const MAX_BIGINT = 2n ** 63n - 1n;
