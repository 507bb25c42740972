// The source: Ace where it can be had, the plain textarea where not. The textarea is what the form sends, either way.
import { lessonMode } from "./lesson_mode.js";

class PlainSource {
  constructor(area) {
    this.area = area;
  }

  get value() {
    return this.area.value;
  }

  onChange(tell) {
    this.area.addEventListener("input", tell);
  }

  goTo(line) {
    const before = this.area.value.split("\n").slice(0, line - 1).join("\n").length;
    this.area.focus();
    this.area.setSelectionRange(before + (line > 1), before + (line > 1));
  }

  get place() {
    return { at: this.area.selectionStart, top: this.area.scrollTop };
  }

  set place({ at, top }) {
    this.area.setSelectionRange(at, at);
    this.area.scrollTop = top;
  }

  sync() {}

  mark() {}
}

class AceSource {
  constructor(area, ace) {
    this.area = area;
    const place = document.createElement("div");
    area.after(place);
    area.hidden = true;
    ace.define("ace/theme/academy", ["require", "exports"], (_, theme) => Object.assign(theme, { isDark: false, cssClass: "ace-academy", cssText: "" }));
    this.editor = ace.edit(place, {
      theme: "ace/theme/academy", useWorker: false, wrap: true, indentedSoftWrap: false, tabSize: 2, useSoftTabs: true, showPrintMargin: false,
      highlightActiveLine: true, scrollPastEnd: 0.3, newLineMode: "unix", behavioursEnabled: false, displayIndentGuides: false,
      enableKeyboardAccessibility: true, textInputAriaLabel: "Source", fontSize: 13,
    });
    this.editor.session.setMode(lessonMode(ace));
    this.editor.session.setValue(area.value);
    area.form.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", () => this.editor.focus());
  }

  get value() {
    return this.editor.getValue();
  }

  onChange(tell) {
    this.editor.session.on("change", tell);
  }

  goTo(line) {
    this.editor.scrollToLine(line - 1, true, true);
    this.editor.gotoLine(line, 0, false);
    this.editor.focus();
  }

  get place() {
    return { at: this.editor.getCursorPosition(), top: this.editor.session.getScrollTop() };
  }

  set place({ at, top }) {
    this.editor.moveCursorToPosition(at);
    this.editor.clearSelection();
    this.editor.renderer.once("afterRender", () => this.editor.session.setScrollTop(top));
    this.editor.session.setScrollTop(top);
  }

  sync() {
    this.area.value = this.editor.getValue();
  }

  /** `found`: [{line, text, type: "error" | "warning"}], shown beside the lines. */
  mark(found) {
    this.editor.session.setAnnotations(found.map(({ line, text, type }) => ({ row: line - 1, column: 0, text, type })));
  }
}

export function sourceOf(area) {
  return globalThis.ace ? new AceSource(area, globalThis.ace) : new PlainSource(area);
}
