// Answers that the site has not confirmed yet, kept in this browser under user, attempt and question.

const PREFIX = "attempt:";
const KEEP_MS = 14 * 24 * 3600 * 1000;

function store() {
  try {
    return window.localStorage;
  } catch {
    return null; // storage is off
  }
}

export class Mirror {
  constructor(user, attempt, slot) {
    this.key = `${PREFIX}${user}:${attempt}:${slot}`;
  }

  keep(held) {
    try {
      store()?.setItem(this.key, JSON.stringify(held));
    } catch {
      // full: the site is still asked
    }
  }

  /** `{fields, rev, at}` or null. */
  read() {
    try {
      const held = JSON.parse(store()?.getItem(this.key) ?? "null");
      return held && typeof held.fields === "string" && Number.isFinite(held.at) ? held : null;
    } catch {
      return null;
    }
  }

  /** Forgets what is held; with `fields` only if it is that very answer. */
  forget(fields) {
    const held = this.read();
    if (fields === undefined || !held || held.fields === fields) store()?.removeItem(this.key);
  }
}

export const copies = {
  /** Old ones go, whosever they are. */
  sweep() {
    const kept = store();
    if (!kept) return;
    for (const key of Object.keys(kept).filter((one) => one.startsWith(PREFIX))) {
      let at = 0;
      try {
        at = JSON.parse(kept.getItem(key)).at;
      } catch {
        // not ours any more
      }
      if (!(at > Date.now() - KEEP_MS)) kept.removeItem(key);
    }
  },
};
