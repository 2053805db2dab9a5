/** Preloaded by a simulated operator: moves its time of day by the seconds in the file CLOCK_FILE, which it reads at each SIGUSR2. */
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offsetMs = 0;

const read = () => {
  offsetMs = Number(readFileSync(process.env.CLOCK_FILE ?? '', 'utf8')) * 1_000;
};

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + offsetMs] : given));
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};

read();
process.on('SIGUSR2', read);
