/** This machine lacks something that cannot be installed for the user; the message says what, and how to get it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** As `EX_UNAVAILABLE` of sysexits.h. */
const EXIT_UNAVAILABLE = 69;

/** Does something that needs a set-up; when the set-up is not possible, prints why and gives the exit code for that. */
export async function reportingSetupErrors(act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    return EXIT_UNAVAILABLE;
  }
}
