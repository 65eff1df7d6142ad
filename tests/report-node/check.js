// check.js sarif FILE | json FILE SCHEMA | html FILE BROWSER: prints what is wrong, one line each, and ends with 1 if anything is.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');

function complain(lines) {
  for (const line of lines) console.log(line);
  process.exit(lines.length === 0 ? 0 : 1);
}

function validate(Ajv, schema, document) {
  const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
  require('ajv-formats').default(ajv);
  const check = ajv.compile(schema);
  return check(document) ? [] : check.errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
}

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const [kind, file, other] = process.argv.slice(2);

if (kind === 'sarif') {
  const folder = path.dirname(require.resolve('@microsoft/jest-sarif/package.json'));
  const schema = read(path.join(folder, 'lib', 'schemas', 'sarif-2.1.0-rtm.5.json'));
  const draft04 = String(schema.$schema).includes('draft-04');
  complain(validate(draft04 ? require('ajv-draft-04').default : require('ajv').default, schema, read(file)));
} else if (kind === 'json') {
  complain(validate(require('ajv/dist/2020').default, read(other), read(file)));
} else if (kind === 'html') {
  // The page forbids scripts, as it should; the copy that is looked at allows ours.
  const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8').replace(/<\/script/g, '<\\/script');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vmmigrate-report-'));
  const page = fs.readFileSync(file, 'utf8').replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
  const run = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(r => {
    const out = r.violations.map(v => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150)).join(' | '));
    document.documentElement.innerHTML = '<body><pre id="axe">' + JSON.stringify({ out, passes: r.passes.length }).replace(/&/g, '&amp;').replace(/</g, '&lt;') + '</pre></body>'; });`;
  fs.writeFileSync(path.join(folder, 'page.html'), page.replace('</body>', () => `<script>${axe}</script><script>${run}</script></body>`));
  const dom = execFileSync(other, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${path.join(folder, 'profile')}`,
    '--window-size=1280,900', '--virtual-time-budget=60000', '--dump-dom', `file://${path.join(folder, 'page.html')}`], { encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120000, stdio: ['ignore', 'pipe', 'ignore'] });
  fs.rmSync(folder, { recursive: true, force: true });
  const found = /<pre id="axe">([\s\S]*?)<\/pre>/.exec(dom);
  if (!found) complain(['axe gave no result']);
  const result = JSON.parse(found[1].replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'));
  complain(result.passes > 10 ? result.out : [`axe judged only ${result.passes} rules`, ...result.out]);
} else {
  complain([`unknown: ${kind}`]);
}
