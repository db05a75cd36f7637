// Small tools to build DOM nodes. Text only ever becomes text nodes: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, any>} [props] `class`, `on` (listeners by event), and attributes; false and null are left out
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  // Children first: a browser works out `dir="auto"` again at every child that comes after it.
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  return element;
}

/** An icon of icons.svg, hidden from screen readers. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon only. @param {string} name @param {string} label @param {() => void} act */
export function iconButton(name, label, act, className = "icon-button") {
  return h("button", { type: "button", class: className, "aria-label": label, title: label, on: { click: act } }, icon(name));
}

/** Find an element that must be there. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

const MEASURED_CHARS = 20_000;

const BEGINS_RTL = /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/u;

/**
 * Grow a text area with its text. Long text is not measured, nor its direction looked for line by line: in
 * Chromium both take seconds. @param {HTMLTextAreaElement} area
 */
export function autogrow(area) {
  const isLong = area.value.length > MEASURED_CHARS;
  const dir = !isLong ? "auto" : BEGINS_RTL.test(area.value.slice(0, MEASURED_CHARS)) ? "rtl" : "ltr";
  if (area.dir !== dir) area.dir = dir;
  if (isLong) { area.style.height = "100vh"; return; } // its max-height bounds it
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

/**
 * Keep what is pasted or dropped out of a text area where it would be too long: laying it out stalls the page.
 * @param {HTMLTextAreaElement} area @param {() => number} maxChars @param {(sentence: string) => void} complain
 */
export function refuseBeyond(area, maxChars, complain) {
  const check = (event) => {
    const added = (event.clipboardData ?? event.dataTransfer)?.getData("text/plain").length ?? 0;
    const kept = area.value.length - (area.selectionEnd - area.selectionStart);
    if (kept + added <= maxChars()) return;
    event.preventDefault();
    complain(`This was not taken in: with it the message would have ${(kept + added).toLocaleString("en")} characters, and the limit is ${maxChars().toLocaleString("en")}. Import it as a chat log instead.`);
  };
  for (const kind of ["paste", "drop"]) area.addEventListener(kind, check);
}

/** Show a sentence for some seconds, in place of the one before; screen readers hear it. @param {string} text */
export function toast(text) {
  const box = h("div", { class: "toast", dir: "auto" }, text);
  byId("toasts").replaceChildren(box);
  setTimeout(() => box.remove(), 5000);
}

/** Put text on the clipboard and say so. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("This browser does not let me copy. Please select the text and copy it yourself.");
  }
}

/**
 * Ask for a name, or for a yes. Resolves with the text ("" where none is asked for), or null.
 * @param {{title: string, text?: string, label?: string, ok: string, isDanger?: boolean}} question
 * @returns {Promise<string|null>}
 */
export function ask({ title, text = "", label = "", ok, isDanger = false }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("ask"));
  const input = /** @type {HTMLInputElement} */ (byId("ask-input"));
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  byId("ask-text").hidden = !text;
  byId("ask-label").hidden = !label;
  byId("ask-label-text").textContent = label;
  byId("ask-ok").textContent = ok;
  byId("ask-ok").classList.toggle("is-danger", isDanger);
  input.value = "";
  input.required = Boolean(label);
  dialog.returnValue = "cancel";
  dialog.showModal();
  (label ? input : byId("ask-ok")).focus();
  return new Promise((resolve) => {
    byId("ask-cancel").onclick = () => dialog.close("cancel");
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? input.value.trim() : null), { once: true });
  });
}
