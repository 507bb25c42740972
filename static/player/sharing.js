// One link that carries the whole run and its moment; and the other ways to take a run along.
import { el } from "./dom.js";
import { seconds } from "./words.js";

export class Sharing {
  constructor(player) {
    this.player = player;
  }

  async open() {
    const { player } = this;
    const { popover } = player.view;
    player.transport.pause();
    const at_us = Math.floor(player.clock.t_us);
    const show = (...content) => player.dialogs.open("Share this moment", content, "form");
    show(el("p", { class: "hint", role: "status" }, "Making a link…"));
    try {
      const link = await this.link(at_us);
      show(...this.content(link, at_us));
    } catch (error) {
      popover.say(error.message);
    }
  }

  /** The address that shows this run at this moment. Who only holds a link themselves hands on the same one. */
  async link(at_us) {
    const { session, dataset } = this.player;
    const run = await session.ensureRun();
    const shared = dataset.shareKey && run === session.place.sharedRun;
    const url = shared ? `${location.origin}${location.pathname}` : (await session.place.send(`${dataset.runUrl}${run}/share/`)).url;
    return `${url}#t=${(at_us / 1e6).toFixed(3)}`;
  }

  content(link, at_us) {
    const { dataset, session } = this.player;
    const field = el("input", { type: "text", readonly: true, value: link, "aria-label": "Link", onfocus: () => field.select() });
    const copy = el("button", { type: "button", class: "primary", onclick: () => this.copy(field) }, "Copy the link");
    const own = session.rights.act ? el("p", { class: "hint" }, el("a", { href: `${dataset.runUrl}${session.run}/export/`, download: true }, "Export as a file"), " · ", el("a", { href: dataset.runUrl }, "Your runs")) : null;
    const hint = `Whoever has the link sees this run as it is now, from ${seconds(at_us)} on. What they do happens in a copy of their own; what you do later does not change it.`;
    return [el("div", { class: "share-link" }, field, copy), el("p", { class: "hint" }, hint), own];
  }

  async copy(field) {
    const { popover } = this.player.view;
    field.select();
    const done = await (navigator.clipboard?.writeText(field.value) ?? Promise.reject()).then(() => true, () => document.execCommand("copy"));
    popover.say(done ? "Copied." : "Select the link and copy it by hand.", done ? "done" : "refused");
  }
}
