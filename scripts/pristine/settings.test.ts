import { expect, it } from 'vitest';
import { passedOnEnvironment } from './settings.ts';

it('passes on access to registries and trusted certificates, and no other settings of the user', () => {
  const passed = {
    HTTPS_PROXY: 'p',
    no_proxy: 'n',
    npm_config_registry: 'r',
    GOPROXY: 'g',
    NODE_EXTRA_CA_CERTS: '/c',
    PIP_CERT: '/c',
    CI: 'true',
    TERM: 't',
  };
  const own = {
    PATH: '/mine',
    HOME: '/home/me',
    AWS_SECRET_ACCESS_KEY: 's',
    npm_config_userconfig: '/home/me/.npmrc',
    GOFLAGS: '-x',
    TEST_ASSETS: '/a',
    PIP_FIND_LINKS: '/mine',
  };
  expect(passedOnEnvironment({ ...passed, ...own, EMPTY: undefined })).toEqual(passed);
});
