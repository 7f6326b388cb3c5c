// Devices that the other side refused one after the other, while it took none. It often says the same of what is wrong with
// one device as of what is wrong for all, and then only what becomes of the others tells them apart.
//
// A device that waits is asked about again and again, and says nothing new by that, so it counts once until it is taken. What
// is confirmed on a connection that stands already shows that strangers are refused for their own sake; but of devices that
// had been taken before it shows nothing, since they may be refused for a key that was changed meanwhile.

/** With every second device refused for itself this many would come in a row by chance once in a million. */
const manyDevices = 20
/** More than most fleets have, so that only devices that never come back are forgotten. */
const remembered = 200_000

export class RefusedInARow {
  /** Never more than are many; whether each had been taken before. */
  readonly #row = new Map<string, boolean>()
  /** What was last heard of a device. */
  readonly #wasTaken = new Map<string, boolean>()

  /** Whether it is so many by now that the reason is no single one of them. */
  get isMany(): boolean {
    return this.#row.size >= manyDevices
  }

  refused(device: string): void {
    const before = this.#wasTaken.get(device)
    if (before === false) return
    if (!this.isMany) this.#row.set(device, before === true)
    this.#note(device, false)
  }

  /** It was asked about, and taken. */
  taken(device: string): void {
    this.#row.clear()
    this.#note(device, true)
  }

  /** Something was confirmed that a device sent which had been taken before. */
  confirmed(): void {
    for (const [device, wasTaken] of this.#row) if (!wasTaken) this.#row.delete(device)
  }

  #note(device: string, isTaken: boolean): void {
    this.#wasTaken.delete(device)
    this.#wasTaken.set(device, isTaken)
    const [oldest] = this.#wasTaken.keys()
    if (this.#wasTaken.size > remembered && oldest !== undefined) this.#wasTaken.delete(oldest)
  }
}
