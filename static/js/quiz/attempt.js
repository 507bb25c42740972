// An attempt's page while one works on it: every change is kept on the site after a moment, and in this browser until the site has said so.
//
// Rules. One request at a time for each question; what changes meanwhile goes with the next. A request carries the revision its answer is
// based on and an id, so that a retry after a lost reply is the same event. A copy in this browser is removed only when the site has
// confirmed that very answer; what is found here on loading is offered, never sent by itself.

import { Mirror, copies } from "./mirror.js";
import { startClock } from "./clock.js";

const SETTLE_MS = 700; // after the last key
const AGAIN_MS = [1000, 2000, 4000, 8000, 15000]; // after a request that got no answer

const form = document.querySelector("form#attempt");
const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
const bar = document.querySelector("[data-said]");

// Whoever answers before this script has come has changed the page already: what the site has is what it was served with.
const served = form.cloneNode(true);
served.reset();
const asServed = new FormData(served);

class Question {
  constructor(article) {
    this.article = article;
    this.slot = article.dataset.slot;
    this.answer = article.querySelector("[data-answer]");
    this.rev = article.querySelector("[data-rev]");
    this.said = article.querySelector("[data-question-said]");
    this.mirror = new Mirror(form.dataset.user, form.dataset.attempt, this.slot);
    this.sent = this.fields(asServed); // what the site has, as far as this page knows
    this.event = null;
    this.running = null;
    this.failures = 0;
    this.stopped = false; // a conflict or an unreadable answer waits for the student
    article.addEventListener("input", () => this.changed());
    article.addEventListener("change", () => this.changed());
    this.offer();
  }

  /** The answer's fields as the form would send them, one string. */
  fields(data = new FormData(form)) {
    const own = [...data].filter(([name]) => name.startsWith(`q${this.slot}-`) && name !== this.rev.name);
    return new URLSearchParams(own).toString();
  }

  get dirty() {
    return this.fields() !== this.sent;
  }

  changed() {
    if (!this.dirty) return;
    this.stopped = false;
    this.event = crypto.randomUUID();
    this.mirror.keep({ fields: this.fields(), rev: this.rev.value, at: Date.now() });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), SETTLE_MS);
    tell();
  }

  /** Sends until the site has what the page shows. Resolves when nothing more can be done now. */
  flush() {
    clearTimeout(this.timer);
    this.running ??= this.send().finally(() => { this.running = null; });
    return this.running;
  }

  async send() {
    while (this.dirty && !this.stopped) {
      const fields = this.fields();
      const event = (this.event ??= crypto.randomUUID());
      const body = new URLSearchParams(fields);
      body.set(this.rev.name, this.rev.value);
      body.set("event", event);
      const reply = await post(this.article.dataset.draft, body);
      if (reply === null) return this.later();
      this.failures = 0;
      if (reply.status === 200) this.kept(fields, await reply.json(), event);
      else if (reply.status === 409) return this.clash(await reply.json());
      else if (reply.status === 410) return over();
      else return this.refused(reply);
      tell();
    }
  }

  kept(fields, found, event) {
    this.sent = fields;
    this.rev.value = found.rev;
    if (this.event === event) this.event = null;
    if (!this.dirty) this.mirror.forget(fields);
    this.article.toggleAttribute("data-answered", found.answered);
    this.say("");
  }

  later() {
    const wait = AGAIN_MS[Math.min(this.failures++, AGAIN_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.flush(), wait);
    tell("The site does not answer. Your answers are kept in this browser and sent again by themselves; do not close the page.");
  }

  async refused(reply) {
    this.stopped = true;
    const found = await reply.json().catch(() => ({}));
    this.say(found.text ?? `The site refused this answer (${reply.status}). It is kept in this browser. Reload the page and log in again if need be.`);
    tell();
  }

  /** Another page saved something else: the student chooses. */
  clash(found) {
    this.stopped = true;
    const mine = button("Keep mine", () => {
      this.rev.value = found.rev;
      this.settle();
      this.stopped = false;
      this.event = crypto.randomUUID();
      this.flush();
    });
    const theirs = button("Take the stored one", () => {
      this.answer.innerHTML = found.html; // a piece of this site's own page
      this.rev.value = found.rev;
      this.sent = this.fields();
      this.mirror.forget();
      this.answer.dispatchEvent(new CustomEvent("quiz:replaced", { bubbles: true }));
      this.settle();
      tell();
    });
    const stored = Object.assign(document.createElement("div"), { className: "theirs" });
    stored.innerHTML = `<p><b>Stored now:</b></p>${found.stored}`; // a piece of this site's own page, without fields that are sent
    for (const field of stored.querySelectorAll("[name]")) field.removeAttribute("name");
    this.say("Another page saved a different answer in the meantime. ", mine, theirs, stored);
    mine.focus();
    tell("One question waits for your choice.");
  }

  settle() {
    this.say("");
  }

  /** What this browser held back from an earlier visit. */
  offer() {
    const held = this.mirror.read();
    if (!held) return;
    if (held.fields === this.sent) return this.mirror.forget();
    const when = new Date(held.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const use = button("Use it", () => {
      fill(this.answer, new URLSearchParams(held.fields));
      this.say("");
      this.changed();
    });
    const drop = button("Throw it away", () => {
      this.mirror.forget();
      this.say("");
    });
    this.say(`This browser holds an answer from ${when} that the site never confirmed. `, use, drop);
  }

  say(words, ...buttons) {
    this.said.replaceChildren(words, ...buttons);
  }
}

/** A reply, or null where none came. */
async function post(url, body) {
  const headers = { "X-CSRFToken": token(), "X-Requested-With": "fetch" };
  try {
    const reply = await fetch(url, { method: "POST", body, headers, credentials: "same-origin" });
    return reply.status >= 500 || reply.status === 429 ? null : reply;
  } catch {
    return null;
  }
}

function button(words, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: words });
  made.addEventListener("click", act);
  return made;
}

/** Puts values into the fields of an answer. */
function fill(answer, values) {
  for (const field of answer.querySelectorAll("[name]")) {
    const given = values.getAll(field.name);
    if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
    else field.value = given[0] ?? "";
  }
  answer.dispatchEvent(new CustomEvent("quiz:filled", { bubbles: true }));
}

const later = (ms) => new Promise((done) => setTimeout(done, ms));

function over() {
  submitting = true;
  location.reload(); // the site shows what came of it
}

let submitting = false;

function tell(words) {
  const waiting = questions.filter((one) => one.dirty).length;
  const answered = questions.filter((one) => one.article.hasAttribute("data-answered")).length;
  document.querySelector("[data-count]").textContent = `${answered} of ${questions.length} answered`;
  bar.textContent = words ?? (waiting ? "Saving…" : "All saved");
}

const questions = [...form.querySelectorAll("article[data-slot]")].map((article) => new Question(article));
const flushAll = () => Promise.all(questions.map((one) => one.flush()));
document.querySelector("[data-count]").textContent = `${questions.filter((one) => one.article.hasAttribute("data-answered")).length} of ${questions.length} answered`;

form.addEventListener("submit", async (event) => {
  if (submitting || event.submitter?.name === "check") return;
  event.preventDefault();
  const { submitter } = event;
  await Promise.race([flushAll(), later(3000)]); // the form carries every answer itself
  await later(0); // a form cannot be sent while its submit event is still being told
  submitting = true;
  form.requestSubmit(submitter);
});

for (const one of questions) one.changed();

addEventListener("online", flushAll);
addEventListener("beforeunload", (event) => {
  if (!submitting && questions.some((one) => one.dirty)) event.preventDefault();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // the Back button shows an old page, whose revisions are stale
});

startClock(document.querySelector("[data-clock]"), async () => {
  tell("The time is up. Your answers are being handed in.");
  await Promise.race([flushAll(), later(3000)]);
  submitting = true;
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: "1" }));
  form.requestSubmit(form.querySelector("[name=do][value=submit]"));
});

copies.sweep();
