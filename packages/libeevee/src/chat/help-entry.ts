/** Help text of one command. */
export interface HelpEntry {
  /** The command as typed, without a prefix. */
  command: string;
  /** Purpose of the command, in one sentence. */
  descr: string;
  params: { param: string; required: boolean; descr: string }[];
  aliases?: string[];
}
