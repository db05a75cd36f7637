// The list of channels, and the drawer that it becomes on narrow screens.

import { ask, byId, h, icon } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

export class Sidebar {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    for (const [id, name] of [["drawer-close", "close"], ["drawer-open", "menu"], ["new-channel", "plus"]]) byId(id).append(icon(name));
    byId("drawer-open").onclick = () => this.#drawer(true);
    byId("drawer-close").onclick = () => this.#drawer(false);
    byId("scrim").onclick = () => this.#drawer(false);
    byId("sidebar").addEventListener("keydown", (event) => event.key === "Escape" && this.isDrawn && this.#drawer(false));
    byId("new-channel").onclick = () => this.#newChannel();
  }

  get isDrawn() {
    return byId("app").classList.contains("has-drawer");
  }

  draw() {
    byId("brand-name").textContent = this.store.bot.name;
    const items = (kind) => this.store.channels.filter((channel) => (channel.kind === "direct") === (kind === "direct")).map((channel) => this.#item(channel));
    const focused = document.activeElement?.closest?.(".channel")?.dataset.channel;
    byId("direct-list").replaceChildren(...items("direct"));
    byId("channel-list").replaceChildren(...items("channel"));
    if (this.shown !== this.store.channel) document.querySelector(".channel[aria-current]")?.scrollIntoView({ block: "nearest" });
    this.shown = this.store.channel;
    if (focused) document.querySelector(`[data-channel="${CSS.escape(focused)}"]`)?.focus();
  }

  #item({ id, name, kind }) {
    const isUnread = this.store.unread.has(id);
    const picture = kind === "direct" ? h("img", { src: "/static/favicon.svg", alt: "", width: 20, height: 20 }) : icon("hash");
    return h("li", {}, h("button", {
      type: "button", class: `channel${isUnread ? " is-unread" : ""}`, "data-channel": id,
      "aria-current": id === this.store.channel && "page", on: { click: () => this.#open(id) },
    }, picture, h("bdi", {}, name), isUnread && h("span", { class: "unread", role: "img", "aria-label": "new answer" })));
  }

  #open(id) {
    this.store.openChannel(id);
    if (this.isDrawn) this.#drawer(false);
    byId("composer-text").focus({ preventScroll: true });
  }

  async #newChannel() {
    const name = await ask({ title: "New channel", text: "Here several people talk, and the bot answers when it is called.", label: "Name", ok: "Create" });
    if (name) this.store.addChannel(name.replace(/^#+\s*/, "") || name);
    if (this.isDrawn) this.#drawer(false);
  }

  #drawer(isOpen) {
    byId("app").classList.toggle("has-drawer", isOpen);
    byId("scrim").hidden = !isOpen;
    byId("main").inert = isOpen;
    byId("drawer-open").setAttribute("aria-expanded", String(isOpen));
    (isOpen ? byId("drawer-close") : byId("drawer-open")).focus();
  }
}
