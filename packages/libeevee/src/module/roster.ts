/** A member of at most one {@link Roster}, which keeps its place there. */
export interface RosterMember {
  rosterPlace: number;
}

/**
 * Objects that come and go, in no order. A `Set` whose members come and go is expensive: it replaces its table all the time, and each table
 * keeps the next one alive; see `ChurnMap`.
 */
export class Roster<Member extends RosterMember> {
  readonly #members: Member[] = [];

  add(member: Member): void {
    member.rosterPlace = this.#members.push(member) - 1;
  }

  /** Ignores an object that is not a member. */
  remove(member: Member): void {
    const place = member.rosterPlace;
    if (this.#members[place] !== member) return;
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[place] = last;
    last.rosterPlace = place;
  }

  [Symbol.iterator](): Iterator<Member> {
    return [...this.#members][Symbol.iterator]();
  }
}
