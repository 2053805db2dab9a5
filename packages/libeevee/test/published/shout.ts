// A module by an author who installs the package from npm: the test copies this folder into a separate project.
import { defineModule } from '@eeveebot/libeevee';

export const shout = defineModule({
  name: 'shout',
  version: '1.0.0',
  config: { mark: '!' },
  commands: [
    {
      commandUUID: 'a1f4f4a6-54a5-4a37-a3b0-3f8f5f8f6f01',
      commandDisplayName: 'shout',
      regex: String.raw`^shout\s+`,
      run: ({ text, config, reply }) => reply(text.toUpperCase() + config.mark),
    },
  ],
});
