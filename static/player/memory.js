// Where a tab was: run, moment, how far it had watched. Kept by the browser for this tab alone, so that a reload goes on where one was.

/** `place` names the lab on its page; storage that is full or forbidden costs the memory, nothing else. */
export class Memory {
  constructor(place) {
    this.key = `lab ${place}`;
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  }

  write(values) {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(values));
    } catch {
      // Private mode or a full store: the server still knows the run.
    }
  }

  forget() {
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // As above.
    }
  }
}

/** The moment a link names (`#t=12.5`, in seconds), in microseconds; null where there is none. */
export function momentOf(hash) {
  const found = /[#&]t=(\d+(?:\.\d+)?)s?\b/.exec(hash);
  return found ? Math.round(Number(found[1]) * 1e6) : null;
}
