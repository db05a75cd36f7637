// A small Markdown renderer that builds DOM nodes. It never makes nodes from HTML, follows http and https links
// and those to messages of this page only, and takes time linear in the length of the text: what it looks ahead for is bounded.

import { copyText, h, icon } from "./dom.js";

const MAX_DEPTH = 16; // open emphasis, nested quotes and lists; what is deeper is shown as it was typed
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]{0,30})[^`]*$/;
const LIST = /^( {0,12})([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const TABLE_RULE = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const LINK = /\[([^[\]\n]{1,300})\]\(\s{0,3}(#m-[\w.:%~-]{1,600}|https?:\/\/[^\s()<>]{1,1500}(?:\([^\s()<>]{0,300}\)[^\s()<>]{0,300})?)\s{0,3}\)/y;
const URL_TEXT = /<?(https?:\/\/[^\s<>"'`|\\^{}]{1,1500})>?/y;
const DELIMITER = /\*{1,3}|_{1,3}|~~/y;
const PLAIN = /[^\\`*_~[<h@]+/y;

/**
 * Render Markdown into nodes.
 * @param {string} text
 * @param {string} [mention] the name that stands out after an @
 * @returns {DocumentFragment}
 */
export function renderMarkdown(text, mention = "") {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), mention, 0);
}

/** @param {string[]} lines @param {string} mention @param {number} depth */
function blocks(lines, mention, depth) {
  const out = document.createDocumentFragment();
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const fence = FENCE.exec(line);
    if (!line.trim()) at += 1;
    else if (fence) at = codeBlock(lines, at, fence, out);
    else if (RULE.test(line)) { out.append(h("hr")); at += 1; }
    else if (HEADING.test(line)) { out.append(heading(line, mention)); at += 1; }
    else if (/^ {0,3}>/.test(line) && depth < MAX_DEPTH) at = quote(lines, at, out, mention, depth);
    else if (LIST.test(line) && depth < MAX_DEPTH) at = list(lines, at, out, mention, depth);
    else if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-")) at = table(lines, at, out, mention);
    else at = paragraph(lines, at, out, mention);
  }
  return out;
}

function heading(line, mention) {
  const [, marks, text] = HEADING.exec(line);
  const level = String(Math.min(6, marks.length + 2));
  return h("div", { class: `heading level-${marks.length}`, role: "heading", "aria-level": level, dir: "auto" }, inline(text, mention));
}

function codeBlock(lines, start, fence, out) {
  const end = new RegExp(`^ {0,3}${fence[1][0]}{${fence[1].length},}\\s*$`);
  let at = start + 1;
  while (at < lines.length && !end.test(lines[at])) at += 1;
  out.append(codeFrame(lines.slice(start + 1, at).join("\n"), fence[2]));
  return at + 1;
}

/** @param {string} code @param {string} language */
function codeFrame(code, language) {
  const copy = h("button", { type: "button", on: { click: () => copyText(code) } }, icon("copy"), "Copy");
  const label = language ? `${language} code` : "code";
  return h("div", { class: "code" },
    h("div", { class: "code-head" }, h("span", {}, language || "text"), copy),
    h("pre", { tabindex: "0", role: "region", "aria-label": label }, h("code", {}, code)));
}

function quote(lines, start, out, mention, depth) {
  const inner = [];
  let at = start;
  for (; at < lines.length && /^ {0,3}>/.test(lines[at]); at += 1) inner.push(lines[at].replace(/^ {0,3}> ?/, ""));
  out.append(h("blockquote", { dir: "auto" }, blocks(inner, mention, depth + 1)));
  return at;
}

/** A list with what is indented under its items. */
function list(lines, start, out, mention, depth) {
  const [, indent, marker] = LIST.exec(lines[start]);
  const isOrdered = /\d/.test(marker);
  const element = h(isOrdered ? "ol" : "ul");
  if (isOrdered && parseInt(marker, 10) !== 1) element.setAttribute("start", String(parseInt(marker, 10)));
  let at = start;
  while (at < lines.length) {
    const item = LIST.exec(lines[at]);
    if (!item || item[1].length > indent.length + 1 || item[1].length < indent.length || /\d/.test(item[2]) !== isOrdered) break;
    const inner = [item[3]];
    const shift = indent.length + 1;
    for (at += 1; at < lines.length; at += 1) {
      const isIndented = /^\s/.test(lines[at]) && lines[at].search(/\S/) > indent.length;
      if (!isIndented && !(lines[at].trim() === "" && /^\s+\S/.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").search(/\S/) > shift)) break;
      inner.push(lines[at].replace(/^ {1,4}/, ""));
    }
    element.append(h("li", {}, tight(blocks(inner, mention, depth + 1))));
    if (lines[at]?.trim() === "" && LIST.test(lines[at + 1] ?? "")) at += 1;
  }
  element.dir = "auto";
  out.append(element);
  return at;
}

/** The lone first paragraph of a list item stands without its margins. @param {DocumentFragment} fragment */
function tight(fragment) {
  const first = fragment.firstElementChild;
  if (first?.tagName === "P") first.replaceWith(...first.childNodes);
  return fragment;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function table(lines, start, out, mention) {
  const align = cells(lines[start + 1]).map((rule) => (/^:-*:$/.test(rule) ? "align-center" : /-:$/.test(rule) ? "align-right" : null));
  const row = (line, tag) => h("tr", {}, ...cells(line).slice(0, 40).map((cell, index) => h(tag, { class: align[index], dir: "auto" }, inline(cell, mention))));
  const body = h("tbody");
  let at = start + 2;
  for (; at < lines.length && lines[at].includes("|"); at += 1) body.append(row(lines[at], "td"));
  out.append(h("div", { class: "table" }, h("table", {}, h("thead", {}, row(lines[start], "th")), body)));
  return at;
}

function paragraph(lines, start, out, mention) {
  let at = start + 1;
  const ends = (line) => !line.trim() || FENCE.test(line) || HEADING.test(line) || /^ {0,3}>/.test(line) || RULE.test(line) || LIST.test(line);
  while (at < lines.length && !ends(lines[at])) at += 1;
  out.append(h("p", { dir: "auto" }, inline(lines.slice(start, at).join("\n"), mention)));
  return at;
}

/** @param {string} text @param {string} mention @param {boolean} [isInLink] */
function inline(text, mention, isInLink = false) {
  return new Inline(text, mention, isInLink).run();
}

/** One pass over a paragraph's text. Open emphasis is a stack; what is never closed is shown as typed. */
class Inline {
  constructor(text, mention, isInLink) {
    this.text = text;
    this.at = 0;
    this.isInLink = isInLink;
    this.mention = mention && new RegExp(`@${mention.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}_])`, "iuy");
    this.stack = [{ mark: "", node: document.createDocumentFragment() }];
    this.ticks = null;
  }

  get out() { return this.stack[this.stack.length - 1].node; }

  run() {
    while (this.at < this.text.length) this.step();
    while (this.stack.length > 1) this.giveUp();
    return this.stack[0].node;
  }

  step() {
    const char = this.text[this.at];
    if (char === "\\" && /[!-/:-@[-`{-~]/.test(this.text[this.at + 1] ?? "")) this.say(this.text[this.at + 1], 2);
    else if (char === "`" && this.code()) return;
    else if ((char === "<" || char === "h") && !this.isInLink && this.address()) return;
    else if (char === "[" && !this.isInLink && this.link()) return;
    else if (char === "@" && this.called()) return;
    else if ((char === "*" || char === "_" || char === "~") && this.emphasis()) return;
    else this.plain();
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  say(text, length = text.length) {
    const parts = text.split("\n");
    parts.forEach((part, index) => this.out.append(...(index ? [h("br"), part] : [part])));
    this.at += length;
  }

  plain() {
    this.say(this.match(PLAIN)?.[0] ?? this.text[this.at]);
  }

  code() {
    const length = this.runLength(this.at);
    this.ticks ??= this.findTicks();
    const end = (this.ticks.get(length) ?? []).find((position) => position > this.at);
    if (end === undefined) { this.say("`".repeat(length)); return true; }
    const code = this.text.slice(this.at + length, end).replace(/\n/g, " ");
    this.out.append(h("code", {}, /^ .*\S.* $/.test(code) ? code.slice(1, -1) : code));
    this.at = end + length;
    const waiting = this.ticks.get(length);
    while (waiting.length && waiting[0] < this.at) waiting.shift();
    return true;
  }

  runLength(at) {
    let end = at;
    while (this.text[end] === "`") end += 1;
    return end - at;
  }

  /** Where runs of backticks begin, by their length. */
  findTicks() {
    const found = new Map();
    for (const run of this.text.matchAll(/`+/g)) {
      if (!found.has(run[0].length)) found.set(run[0].length, []);
      found.get(run[0].length).push(run.index);
    }
    return found;
  }

  address() {
    const found = this.match(URL_TEXT);
    if (!found || /[\p{L}\p{N}]/u.test(this.text[this.at - 1] ?? " ")) return false;
    const isBracketed = found[0].startsWith("<") && found[0].endsWith(">");
    if (found[0].startsWith("<") !== isBracketed) return false;
    const url = isBracketed ? found[1] : trimmed(found[1]);
    const node = anchor(url, document.createTextNode(url), true);
    if (!node) return false;
    this.out.append(node);
    this.at += isBracketed ? found[0].length : url.length;
    return true;
  }

  link() {
    const found = this.match(LINK);
    const node = found && anchor(found[2], inline(found[1], "", true), found[1].includes(hostOf(found[2]) ?? "\n"));
    if (!node) return false;
    this.out.append(node);
    this.at += found[0].length;
    return true;
  }

  called() {
    const found = this.mention && !/[\p{L}\p{N}_]/u.test(this.text[this.at - 1] ?? " ") && this.match(this.mention);
    if (!found) return false;
    this.out.append(h("span", { class: "mention" }, found[0]));
    this.at += found[0].length;
    return true;
  }

  emphasis() {
    const mark = this.match(DELIMITER)?.[0];
    if (!mark) return false;
    const before = this.text[this.at - 1] ?? " ";
    const after = this.text[this.at + mark.length] ?? " ";
    const isInWord = mark[0] === "_" && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
    const open = this.stack.findLastIndex((frame) => frame.mark === mark);
    if (open > 0 && /\S/.test(before) && !isInWord) this.close(open, mark);
    else if (/\S/.test(after) && !isInWord && this.stack.length < MAX_DEPTH) this.open(mark);
    else return false;
    return true;
  }

  open(mark) {
    this.stack.push({ mark, node: document.createDocumentFragment() });
    this.at += mark.length;
  }

  close(open, mark) {
    while (this.stack.length - 1 > open) this.giveUp();
    const { node } = this.stack.pop();
    const tags = mark === "~~" ? ["s"] : { 1: ["em"], 2: ["strong"], 3: ["em", "strong"] }[mark.length];
    this.out.append(tags.reduce((inner, tag) => h(tag, {}, inner), node));
    this.at += mark.length;
  }

  /** The innermost open emphasis turns out to be none. */
  giveUp() {
    const { mark, node } = this.stack.pop();
    this.out.append(mark, node);
  }
}

/** A sentence's last full stop or bracket is not part of the address before it. @param {string} url */
function trimmed(url) {
  const bare = url.replace(/[.,;:!?*_~]{1,20}$/, "");
  return bare.endsWith(")") && !bare.includes("(") ? bare.slice(0, -1) : bare;
}

/** @param {string} url @returns {string|null} */
function hostOf(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed.host : null;
  } catch {
    return null;
  }
}

/** A link that shows where it leads, or null if it may not be followed. */
function anchor(url, content, showsHost) {
  if (url.startsWith("#m-")) return h("a", { href: url, class: "to-message", title: "Go to this message" }, content);
  const host = hostOf(url);
  if (host === null) return null;
  const link = h("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, content);
  return showsHost ? link : h("span", {}, link, h("bdi", { class: "host" }, ` (${host})`));
}
