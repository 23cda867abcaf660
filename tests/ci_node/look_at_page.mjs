// A page in a real browser, told by axe-core: node look_at_page.mjs CHROMIUM PROFILE URL WIDTH light|dark [SCRIPT]
//
// Chromium speaks its DevTools protocol over a web socket. SCRIPT is evaluated first, as a person's doing; then axe-core
// looks for what the Web Content Accessibility Guidelines ask at levels A and AA. Out comes JSON: what is violated, whether
// the page is wider than the screen, what the script came to, and what the console complained of.
import { spawn } from "node:child_process";
import axe from "axe-core";

const [chromium, profile, url, width, scheme, script] = process.argv.slice(2);
const browser = spawn(chromium, [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
  "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
]);

function where() {
  return new Promise((found, failed) => {
    let said = "";
    browser.stderr.on("data", (data) => {
      said += data;
      const address = /DevTools listening on (\S+)/.exec(said);
      if (address) found(address[1]);
    });
    browser.on("exit", () => failed(new Error(said)));
  });
}

class Session {
  #next = 1;
  #waiting = new Map();
  #heard = new Map();
  complaints = [];
  constructor(socket) {
    this.socket = socket;
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
  }
  #take(message) {
    if (message.id) this.#waiting.get(message.id)(message);
    if (message.method === "Log.entryAdded") this.complaints.push(message.params.entry.text);
    if (message.method === "Runtime.exceptionThrown") this.complaints.push(message.params.exceptionDetails.text);
    this.#heard.get(message.method)?.();
  }
  once(method) {
    return new Promise((found) => this.#heard.set(method, found));
  }
  async call(method, params = {}) {
    const id = this.#next++;
    const answer = new Promise((found) => this.#waiting.set(id, found));
    this.socket.send(JSON.stringify({ id, method, params, sessionId: this.id }));
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
  async value(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}

async function look(session) {
  const { targetId } = await session.call("Target.createTarget", { url: "about:blank" });
  session.id = (await session.call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Runtime", "Log"]) await session.call(`${domain}.enable`);
  await session.call("Emulation.setDeviceMetricsOverride", { width: Number(width), height: 780, deviceScaleFactor: 1, mobile: Number(width) < 600 });
  await session.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  const loaded = session.once("Page.loadEventFired");
  await session.call("Page.navigate", { url });
  await loaded;
  const said = script ? await session.value(script) : null;
  await session.value(`${axe.source}; undefined`);
  const violations = await session.value(`axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
    .then((found) => found.violations.map((each) => ({ rule: each.id, help: each.help, at: each.nodes.map((node) => node.target.join(" ") + ": " + node.failureSummary) })))`);
  const overflows = await session.value("document.documentElement.scrollWidth > window.innerWidth");
  return { violations, overflows, said: said ?? null, complaints: session.complaints };
}

try {
  const socket = new WebSocket(await where());
  await new Promise((opened) => socket.addEventListener("open", opened));
  process.stdout.write(JSON.stringify(await look(new Session(socket))));
} finally {
  browser.kill();
}
process.exit(0);
