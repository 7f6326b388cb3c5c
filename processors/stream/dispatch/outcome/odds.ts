// How often a destination leaves without an answer what was sent there for the first time, whatever it holds, and so how often
// the same messages must stay without one until chance is ruled out as the reason (20261130-lost-by-chance.md).

/** How far back it looks, in attempts. */
const window = 64
/** That a message which is not the reason is taken for it is at most as likely. */
const chance = 0.001
const least = 3
/** Where next to everything is lost nothing can be told from it, and a message must not wait for ever. */
const most = 30

export class Odds {
  /** Of attempts with what was not lost before, from 0 to 1: a moving average. */
  #lost = 0

  note(isLost: boolean): void {
    this.#lost += (Number(isLost) - this.#lost) / window
  }

  /** So many attempts in a row without an answer are no accident. */
  get patience(): number {
    const needed = Math.ceil(Math.log(chance) / Math.log(Math.min(this.#lost, 0.99)))
    return Math.min(Math.max(needed, least), most)
  }
}
