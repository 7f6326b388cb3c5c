// A queue whose elements carry their own link: nothing is allocated to wait in line. An element is in one chain at
// a time.

export interface Link<T> {
  next: T | null
}

export class Chain<T extends Link<T>> {
  length = 0
  #head: T | null = null
  #tail: T | null = null

  get head(): T | null {
    return this.#head
  }

  push(element: T): void {
    element.next = null
    if (this.#tail === null) this.#head = element
    else this.#tail.next = element
    this.#tail = element
    this.length++
  }

  unshift(element: T): void {
    element.next = this.#head
    this.#head = element
    this.#tail ??= element
    this.length++
  }

  shift(): T | null {
    const element = this.#head
    if (element === null) return null
    this.#head = element.next
    if (this.#head === null) this.#tail = null
    element.next = null
    this.length--
    return element
  }

  /** Takes all elements out, in order. */
  empty(): T[] {
    const elements: T[] = []
    for (let element = this.shift(); element !== null; element = this.shift()) elements.push(element)
    return elements
  }
}
