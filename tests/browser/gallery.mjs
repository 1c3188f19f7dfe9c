// Looks at every page of the console in a real browser: `node gallery.mjs PAGES PICTURES [NAME]`, where PAGES is what
// `cargo run -p curfew-web --example gallery -- PAGES` wrote, and PAGES/mails what `--example mails` did. Serves the pages on loopback with their real headers, takes
// pictures at two widths in both themes, and fails on accessibility violations, console errors, breaches of the
// content security policy, requests to anybody else, and pages wider than their window.
import { createServer } from "node:http";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [pages, pictures, only = ""] = process.argv.slice(2);
if (!pages || !pictures) throw new Error("say: node gallery.mjs PAGES PICTURES");

const NOW = new Date("2026-11-23T13:18:00Z"); // the instant at which the samples are made
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const TYPES = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };
// What the script asks for while somebody types.
const ANSWERS = { "GET /request": "/pages/search-matches.html", "POST /request/preview": "/pages/new-denied.html" };
const LOOKS = [
  { set: "pages", scheme: "light", width: 1280 },
  { set: "pages", scheme: "dark", width: 1280 },
  { set: "pages", scheme: "light", width: 390 },
  // Colours were checked where there is more room, and names and order on the phone in light: only pictures and width.
  { set: "pages", scheme: "dark", width: 390, quick: true },
  // Dark by the reader's own wish, against the system's.
  { set: "hostile", scheme: "light", width: 1280, quick: true },
  { set: "hostile", scheme: "light", width: 390 },
  // Mails, as programs for mail show them.
  { set: "mails", scheme: "light", width: 1280 },
  { set: "mails", scheme: "dark", width: 390 },
];

const failures = [];
const fail = (where, what) => { failures.push(`${where}: ${what}`); console.error(`FAIL ${where}: ${what}`); };

const headers = (await readFile(join(pages, "headers.txt"), "utf8")).split("\n").map((line) => line.split(/: (.*)/s, 2));
const server = createServer(async (request, answer) => {
  const asked = decodeURIComponent(new URL(request.url, "http://x").pathname);
  const path = ANSWERS[`${request.method} ${asked}`] ?? asked;
  // Browsers ask for it where a page names no picture; mails do not.
  if (asked === "/favicon.ico") return answer.writeHead(204).end();
  // A mail has no headers of ours; its style stands in it.
  if (!path.startsWith("/mails/")) for (const [name, value] of headers) answer.setHeader(name, value);
  try {
    if (path.includes("..")) throw new Error("outside");
    const body = await readFile(join(pages, path));
    answer.writeHead(200, { "content-type": TYPES[path.split(".").pop()] ?? "application/octet-stream" }).end(body);
  } catch {
    answer.writeHead(404, { "content-type": "text/plain" }).end("not here");
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const origin = `http://127.0.0.1:${server.address().port}`;

// A profile of its own, thrown away afterwards, as Playwright's launch makes it.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });

// Watches one tab: everything that must not happen is a failure of the page that it shows.
async function open(name, timezoneId = "Europe/Berlin") {
  const tab = await browser.newPage({ timezoneId, locale: "en-GB" });
  const where = { now: name };
  await tab.clock.setFixedTime(NOW);
  await tab.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
  });
  tab.on("console", (message) => { if (["error", "warning"].includes(message.type())) fail(where.now, `console: ${message.text()}`); });
  tab.on("pageerror", (error) => fail(where.now, `script: ${error.message}`));
  tab.on("request", (request) => { if (!request.url().startsWith(`${origin}/`)) fail(where.now, `foreign request: ${request.url()}`); });
  tab.on("dialog", (dialog) => { fail(where.now, `dialog: ${dialog.message()}`); dialog.dismiss(); });
  return { tab, where };
}

async function accessible(tab, where) {
  await tab.evaluate(axe.source);
  const { violations } = await tab.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  }));
  for (const { id, nodes } of violations) {
    for (const node of nodes.slice(0, 3)) fail(where, `${id}: ${node.target.join(" ")}: ${node.failureSummary.replaceAll("\n", " ")}`);
  }
}

let seen = 0;
async function look({ set, scheme, width, quick = false }) {
  const folder = join(pictures, `${set}-${scheme}-${width}`);
  await mkdir(folder, { recursive: true });
  const { tab, where } = await open(`${set} ${scheme} ${width}`);
  await tab.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  await tab.setViewportSize({ width, height: width === 390 ? 844 : 860 });
  const names = (await readdir(join(pages, set))).filter((name) => name.endsWith(".html") && name.includes(only)).sort();
  for (const file of names) {
    const name = file.replace(".html", "");
    where.now = `${set}/${name} ${scheme} ${width}`;
    await tab.goto(`${origin}/${set}/${file}`, { waitUntil: "load" });
    await tab.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    // What is folded away must be as good as what is not.
    await tab.evaluate(() => { for (const folded of document.querySelectorAll("details:not(.who)")) folded.open = true; });
    if (!quick) await accessible(tab, where.now);
    const wider = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wider > 0) fail(where.now, `${wider} px wider than the window`);
    seen += 1;
  }
  await tab.close();
}

// What the script adds: the zone for the server, colours without a new page, time that moves on, keys.
async function comfort() {
  const { tab, where } = await open("comfort");
  const expect = (what, is) => { if (!is) fail(where.now, what); };
  await tab.goto(`${origin}/pages/home.html`, { waitUntil: "load" });
  const cookies = await tab.context().cookies(origin);
  expect("the cookie has the zone", cookies.some((cookie) => cookie.name === "tz" && decodeURIComponent(cookie.value) === "Europe/Berlin"));
  const left = tab.locator("[data-left]").first();
  const before = await left.textContent();
  await tab.clock.setFixedTime(new Date(NOW.getTime() + 180_000));
  await tab.waitForFunction((text) => document.querySelector("[data-left]").textContent !== text, before);
  await tab.locator(".who summary").click();
  await tab.getByRole("button", { name: "Dark" }).click();
  expect("the colours are dark", await tab.evaluate(() => document.documentElement.dataset.theme === "dark"));
  await accessible(tab, "menu");
  await tab.keyboard.press("Escape");
  expect("Escape closes the menu", !(await tab.locator(".menu").isVisible()));
  await tab.locator("main").focus();
  await tab.keyboard.press("j");
  expect("j goes to the first line", await tab.evaluate(() => document.activeElement.closest("article.card") !== null));
  await tab.goto(`${origin}/pages/search.html`, { waitUntil: "load" });
  expect("the search has the focus", await tab.evaluate(() => document.activeElement.id === "q"));
  await tab.keyboard.press("Tab");
  expect("the next stop is its button", await tab.evaluate(() => document.activeElement.textContent === "Search"));
  await tab.locator("#q").fill("pay read");
  await tab.getByRole("heading", { name: "Matches" }).waitFor();
  expect("the address keeps the search", tab.url() === `${origin}/request?q=pay+read`);
  expect("what is typed stays", await tab.locator("#q").inputValue() === "pay read");
  await tab.goto(`${origin}/pages/new-approval.html`, { waitUntil: "load" });
  await tab.getByLabel("4 h").check();
  await tab.getByText("Would be denied").waitFor();
  expect("what was chosen stays", await tab.getByLabel("4 h").isChecked());
  await tab.close();
}

// Times that the server told in another zone than the browser's.
async function elsewhere() {
  const { tab, where } = await open("another zone", "America/New_York");
  await tab.goto(`${origin}/pages/home.html`, { waitUntil: "load" });
  const end = await tab.locator("article time").first().textContent();
  if (end !== "08:24") fail(where.now, `the end is told as ${end}, not 08:24`);
  await tab.close();
}

try {
  // Two tabs; whoever is done takes what is next.
  const left = [...LOOKS];
  await Promise.all([0, 1].map(async () => {
    for (let one = left.shift(); one; one = left.shift()) await look(one);
  }));
  await comfort();
  await elsewhere();
} finally {
  await browser.close();
  server.close();
}
console.log(`${seen} pages looked at, ${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
