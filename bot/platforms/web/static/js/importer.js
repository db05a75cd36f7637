// Reading a chat log into a new channel: a button, and dropping a file on the page.

import { byId, icon, toast } from "./dom.js";

const MAX_BYTES = 20 * 1024 * 1024;

/** @param {import("./store.js").Store} store @param {(words: string) => void} suggest */
export function setUpImport(store, suggest) {
  const button = byId("import-log");
  const input = /** @type {HTMLInputElement} */ (byId("import-file"));
  button.append(icon("upload"), "Import a chat log");
  button.onclick = () => input.click();
  input.onchange = () => {
    if (input.files?.[0]) upload(input.files[0], store, suggest);
    input.value = "";
  };
  setUpDrop((file) => upload(file, store, suggest));
}

/** @param {(file: File) => void} take */
function setUpDrop(take) {
  const target = byId("drop");
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => { if (hasFile(event)) target.hidden = false; });
  addEventListener("dragover", (event) => { if (hasFile(event)) event.preventDefault(); });
  addEventListener("dragleave", (event) => { if (event.relatedTarget === null) target.hidden = true; });
  addEventListener("drop", (event) => {
    target.hidden = true;
    if (!hasFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}

/** @param {File} file */
async function upload(file, store, suggest) {
  if (file.size > MAX_BYTES) { toast("This file is larger than 20 MB. Please send a part of it."); return; }
  toast(`Reading ${file.name} …`);
  const form = new FormData();
  form.append("file", file);
  try {
    const response = await fetch("/import", { method: "POST", body: form });
    const answer = await response.json();
    if (!response.ok) { toast(answer.error); return; }
    toast(`${answer.messages === 1 ? "1 message is" : `${answer.messages.toLocaleString()} messages are`} in #${answer.channel.name} now`);
    store.know(answer.channel); // the websocket may bring it later than this answer
    store.openChannel(answer.channel.id);
    suggest("/summarize");
  } catch {
    toast("The file could not be sent. Please try again.");
  }
}
