// The list above the composer: commands after a slash, their options, and who can be called after an @.
// It decides what to offer for a text and a caret, and draws it; the composer hands it keys.

import { h } from "./dom.js";

const LONGEST_COMMAND = 2000; // characters; searching longer text at every key would stall the page
const LONGEST_CALL = 200;

/** @typedef {{insert: string, name: string, help: string, args?: string}} Offer */

/**
 * What to offer for what was typed.
 * @param {string} text the text before the caret
 * @param {any[]} commands @param {string} botName
 * @returns {{title: string, start: number, offers: Offer[]}|null} `start`: where what is replaced begins
 */
export function offersFor(text, commands, botName) {
  if (text.length > LONGEST_COMMAND) return callOffer(text, botName);
  const command = /^\/([\w-]*)$/.exec(text);
  if (command) return commandOffers(command[1].toLowerCase(), commands);
  const inside = /^\/([\w-]+)\s/.exec(text);
  if (inside) return optionOffers(text, commands.find(({ name }) => name === inside[1].toLowerCase()));
  return callOffer(text, botName);
}

/** The bot's name, after an @ at the end of the text. */
function callOffer(text, botName) {
  const call = /(?:^|\s)@([\p{L}\p{N}_-]*)$/u.exec(text.slice(-LONGEST_CALL));
  if (call && botName.toLowerCase().startsWith(call[1].toLowerCase())) {
    return { title: "Call", start: text.length - call[1].length - 1, offers: [{ insert: `@${botName} `, name: `@${botName}`, help: "answers when called by name" }] };
  }
  return null;
}

function commandOffers(typed, commands) {
  const fitting = commands.filter(({ name }) => name.startsWith(typed));
  if (!fitting.length) return null;
  const offers = fitting.map(({ name, help, options }) => ({ insert: `/${name}${options.length ? " " : ""}`, name: `/${name}`, help, args: options.map(sketch).join(" ") }));
  return { title: "Commands", start: 0, offers };
}

const sketch = ({ name, required, isRest }) => (isRest ? (required ? `<${name}>` : `[${name}]`) : `[${name}:…]`);

/** Options of a command that were not given yet, or the choices of the one being typed. */
function optionOffers(text, command) {
  if (!command) return null;
  const [word] = /\S*$/.exec(text);
  const value = /^([\w-]+):(.*)$/.exec(word);
  const named = value && command.options.find(({ name }) => name === value[1]);
  if (named) {
    const choices = named.choices.filter((choice) => choice.startsWith(value[2]) && choice !== value[2]);
    const offers = choices.map((choice) => ({ insert: `${named.name}:${choice} `, name: choice, help: "" }));
    return offers.length ? { title: named.help, start: text.length - word.length, offers } : null;
  }
  const body = text.slice(text.indexOf(" ") + 1, text.length - word.length);
  const onlyOptions = /^(?:\s*[\w-]+:\S+)*\s*$/.test(body);
  const open = command.options.filter(({ name, isRest }) => !isRest && !new RegExp(`(?:^|\\s)${name}:`).test(body) && name.startsWith(word));
  const offers = open.map(({ name, help, required }) => ({ insert: `${name}:`, name: `${name}:`, help: help + (required ? " (needed)" : "") }));
  return onlyOptions && offers.length ? { title: `/${command.name}: for example ${command.example}`, start: text.length - word.length, offers } : null;
}

export class Menu {
  /** @param {string} id @param {(offer: Offer, start: number) => void} onChoose */
  constructor(id, onChoose) {
    this.onChoose = onChoose;
    this.list = h("div", { id, role: "listbox", "aria-label": "Suggestions" });
    this.title = h("div", { class: "menu-title", dir: "auto" });
    this.element = h("div", { class: "menu", hidden: true }, this.title, this.list);
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.found = null;
    this.index = 0;
  }

  get isOpen() { return !this.element.hidden; }
  get activeId() { return this.isOpen ? `${this.list.id}-${this.index}` : null; }

  /** @param {ReturnType<typeof offersFor>} found */
  show(found) {
    const isSame = found && this.found && found.offers.map((o) => o.insert).join() === this.found.offers.map((o) => o.insert).join();
    if (!isSame) this.index = 0;
    this.found = found;
    this.element.hidden = !found;
    if (found) this.#draw();
  }

  hide() { this.show(null); }

  /** @param {number} by */
  move(by) {
    this.index = (this.index + by + this.found.offers.length) % this.found.offers.length;
    this.#draw();
  }

  choose(index = this.index) {
    const { offers, start } = this.found;
    this.hide();
    this.onChoose(offers[index], start);
  }

  #draw() {
    this.title.textContent = this.found.title;
    this.list.replaceChildren(...this.found.offers.map((offer, index) => h("div", {
      role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(index === this.index), on: { click: () => this.choose(index) },
    }, h("span", { class: "name" }, offer.name), h("span", { class: "help" }, offer.help), offer.args && h("span", { class: "args", "aria-hidden": "true" }, offer.args))));
    this.list.children[this.index]?.scrollIntoView({ block: "nearest" });
  }
}
