import { describe, expect, it } from 'vitest';
import { proxiesOf } from './proxies.ts';

describe('proxies of an environment', () => {
  it('are read from the variables of curl only', () => {
    const given = { HTTP_PROXY: 'http://a:1', https_proxy: 'https://u:p@b:2', NO_PROXY: 'localhost,.svc', PATH: '/bin' };
    const { PATH: _, ...proxies } = given;
    expect(proxiesOf(given)).toEqual({ proxies, problems: [] });
    expect(proxiesOf({ HTTP_PROXY: ' ', NO_PROXY: '' })).toEqual({ proxies: {}, problems: [] });
  });

  it('may lack the scheme', () => {
    expect(proxiesOf({ HTTPS_PROXY: 'proxy.example:3128' }).proxies).toEqual({ HTTPS_PROXY: 'http://proxy.example:3128' });
  });

  it.each(['socks5://u:secret@host:1', 'http://', 'not a url'])('are rejected without repeating a password: %s', (HTTPS_PROXY) => {
    expect(proxiesOf({ HTTPS_PROXY })).toEqual({ proxies: {}, problems: ['HTTPS_PROXY is not the http or https URL of a proxy'] });
  });
});
