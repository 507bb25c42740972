// How the source of a lesson is coloured: front matter, headings, blocks with their options, links, formulas, merge markers.

const MATTER = [
  { token: "keyword.operator", regex: /^---\s*$/, next: "body" },
  { token: ["variable", "text"], regex: /^([a-z]+:)(.*)$/ },
  { defaultToken: "text" },
];

const BODY = [
  { token: "invalid", regex: /^(?:<{7}|>{7}|\|{7})(?: .*)?$|^={7}$/ },
  { token: "markup.heading", regex: /^#{1,6} .*$/ },
  { token: ["keyword.operator", "keyword", "string"], regex: /^(:{3,})(\{[a-z]+\})(.*)$/ },
  { token: "keyword.operator", regex: /^:{3,}\s*$/ },
  { token: ["variable", "text"], regex: /^(:[a-z][a-z0-9_-]*:)(.*)$/ },
  { token: "comment", regex: /^```.*$/, next: "code" },
  { token: "constant", regex: /^- \[(?:[ xX]|\d+%)\]/ },
  { token: "keyword", regex: /\{(?:see: [a-z0-9_-]+|#[a-z0-9-]+|[a-z0-9-]+)\}/ },
  { token: ["text", "markup.link", "text"], regex: /(\]\()([^)\s]+)(\))/ },
  { token: "comment", regex: /`[^`]+`/ },
  { token: "constant", regex: /\$[^$\s](?:[^$]*[^$\s])?\$/ },
  { token: "markup.strong", regex: /\*\*[^*]+\*\*/ },
  { token: "markup.emphasis", regex: /\*[^*\s][^*]*\*/ },
  { defaultToken: "text" },
];

const RULES = {
  start: [{ token: "keyword.operator", regex: /^---\s*$/, next: "matter" }, { token: "text", regex: /^(?=.|$)/, next: "body" }],
  matter: MATTER,
  body: BODY,
  code: [{ token: "comment", regex: /^```\s*$/, next: "body" }, { defaultToken: "comment" }],
};

/** The mode for Ace's session. */
export function lessonMode(ace) {
  const { Mode: TextMode } = ace.require("ace/mode/text");
  const { TextHighlightRules } = ace.require("ace/mode/text_highlight_rules");
  class Rules extends TextHighlightRules {
    constructor() {
      super();
      this.$rules = RULES;
      this.normalizeRules();
    }
  }
  const mode = new TextMode();
  mode.HighlightRules = Rules;
  mode.$id = "academy/lesson";
  return mode;
}
