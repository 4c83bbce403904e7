import { describe, expect, it } from 'vitest';
import { describeConfig, parseConfig, SetupError } from '../src/config.ts';

describe('parseConfig', () => {
  it('has a default for everything, and takes an empty variable for one that is not set', () => {
    expect(parseConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      allowedOrigins: [],
    });
    expect(parseConfig({ PORT: '', DATABASE_URL: '' })).toEqual(parseConfig({}));
  });

  it('reads numbers and lists', () => {
    const config = parseConfig({
      PORT: '0',
      POOL_SIZE: '20',
      ALLOWED_ORIGINS: 'https://a.example, https://b.example,',
    });
    expect(config).toMatchObject({ port: 0, poolSize: 20, allowedOrigins: ['https://a.example', 'https://b.example'] });
  });

  it('is frozen', () => {
    expect(() => Object.assign(parseConfig({}), { port: 1 })).toThrow(TypeError);
  });

  it('tells all faults at once, in one line', () => {
    const faulty = {
      PORT: '70000',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
      DATABASE_LISTEN_URL: 'postgres://x/y',
    };
    let message = '';
    try {
      parseConfig(faulty);
    } catch (error) {
      expect(error).toBeInstanceOf(SetupError);
      message = (error as Error).message;
    }
    expect(message).toContain('PORT: must be at most 65535; ');
    expect(message).toContain('DATABASE_URL: must look like postgres://');
    expect(message).toContain('LOG_LEVEL: must be one of fatal, error,');
    expect(message).not.toContain('\n');
  });

  it('tells each fault once, in words', () => {
    const faulty = { PORT: 'many', POOL_SIZE: '0', MAX_SOCKETS: '1.5', DRAIN_SECONDS: '-1' };
    expect(() => parseConfig(faulty)).toThrow(
      'PORT: must be a number; POOL_SIZE: must be at least 2; MAX_SOCKETS: must be a whole number; DRAIN_SECONDS: must be more than 0',
    );
  });

  it('wants DATABASE_URL where there is DATABASE_LISTEN_URL', () => {
    expect(() => parseConfig({ DATABASE_LISTEN_URL: 'postgres://x/y' })).toThrow('needs DATABASE_URL');
  });
});

describe('describeConfig', () => {
  it('knows a meaning for every variable and masks passwords', () => {
    const lines = describeConfig(parseConfig({ DATABASE_URL: 'postgres://hub:s3cret@db/rookery' }));
    expect(lines.filter(({ meaning }) => meaning === '')).toEqual([]);
    expect(lines.find(({ name }) => name === 'DATABASE_URL')?.value).toBe('postgres://hub:***@db/rookery');
    expect(lines.find(({ name }) => name === 'PORT')).toMatchObject({ fallback: '4000', value: '4000' });
  });
});
