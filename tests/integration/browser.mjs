// A real Chromium that a test drives: one JSON command a line in, one JSON answer a line out.
//
//   node browser.mjs PLAYWRIGHT CHROMIUM
//
//   {"do": "open", "url": U}                              a page of its own
//   {"do": "evaluate", "code": JS}                        what an expression is in the page
//   {"do": "wait", "code": JS, "ms": N}                   until it is true; how many milliseconds that took
//   {"do": "look", "width": W, "height": H, "scheme": S}  its size, and light or dark
//   {"do": "type", "into": SELECTOR, "text": T}           and Enter
//   {"do": "press", "key": K}
//   {"do": "shot", "file": F, "whole": B}                 a PNG of all of it, or of what is in view
//   {"do": "errors"}                                      what the console and the page complained of since the last time
//   {"do": "busy"}                                        seconds of CPU that the page has taken since it was opened
import { createInterface } from "node:readline";

const [playwright, executablePath] = process.argv.slice(2);
const { chromium } = (await import(`${playwright}/index.js`)).default;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
let page;
let session;
let errors = [];

const commands = {
  async open({ url }) {
    page = await browser.newPage();
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(url, { waitUntil: "load" });
  },
  evaluate: async ({ code }) => page.evaluate(code),
  async wait({ code, ms }) {
    // Not by Playwright's own waiting: it evaluates within the page, whose policy forbids that.
    const began = performance.now();
    while (!(await page.evaluate(code))) {
      if (performance.now() - began > ms) throw new Error(`not so after ${ms} ms: ${code}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return performance.now() - began;
  },
  async look({ width, height, scheme }) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
  },
  async type({ into, text }) {
    await page.fill(into, text);
    await page.press(into, "Enter");
  },
  press: async ({ key }) => page.keyboard.press(key),
  async shot({ file, whole = true }) {
    await page.screenshot({ path: file, fullPage: whole });
  },
  errors: async () => errors.splice(0),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = await commands[command.do](command).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: String(error) }),
  );
  console.log(JSON.stringify(answer));
}
await browser.close();
