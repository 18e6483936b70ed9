// Looks into the report in the frame, and leaves what it sees as base64 of JSON. The report itself has no script.
const frame = document.getElementById('frame');

// Boxes of words that can be seen, each with its words.
function boxes(page) {
  const found = [];
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    // What a closed part holds is laid out nowhere.
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    const range = page.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && box.height > 1 && box.left > -900) found.push({ box, words: node.data.trim().slice(0, 60) });
    }
  }
  return found;
}

// Words that stand on other words.
function overlaps(page) {
  const all = boxes(page).sort((a, b) => a.box.top - b.box.top);
  const found = [];
  for (let one = 0; one < all.length && found.length < 5; one++) {
    for (let two = one + 1; two < all.length && all[two].box.top < all[one].box.bottom - 2; two++) {
      const [a, b] = [all[one].box, all[two].box];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 3) found.push(`${all[one].words} / ${all[two].words}`);
    }
  }
  return found;
}

// What stands beyond the right end of the page, and in no part that scrolls by itself.
function beyond(page) {
  const end = page.documentElement.clientWidth + 1;
  const all = boxes(page).filter(({ box }) => box.right > end);
  return all.length;
}

function look(page) {
  const root = page.documentElement;
  return { width: root.clientWidth, needed: root.scrollWidth, overlaps: overlaps(page), beyond: beyond(page) };
}

frame.addEventListener('load', () => {
  const page = frame.contentDocument;
  const inside = frame.contentWindow;
  const all = [...page.querySelectorAll('*')];
  const ids = all.map((one) => one.id).filter((id) => id);
  const named = all.flatMap((one) =>
    ['aria-labelledby', 'aria-describedby'].flatMap((name) => (one.getAttribute(name) || '').split(/\s+/).filter((id) => id)));
  const targets = [...page.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  const seen = {
    asItStands: look(page),
    isDark: inside.matchMedia('(prefers-color-scheme: dark)').matches,
    background: inside.getComputedStyle(page.body).backgroundColor,
    title: page.title,
    scripts: page.scripts.length,
    handlers: all.filter((one) => [...one.attributes].some((attribute) => /^(on|style$)/i.test(attribute.name))).length,
    foreign: page.querySelectorAll('img, iframe, object, embed, link, form, input, base, video, audio, use, foreignObject').length,
    addresses: all.filter((one) => ['src', 'href', 'action', 'xlink:href'].some((name) => one.hasAttribute(name)))
      .map((one) => one.getAttribute('href')).filter((address) => !/^#[a-z0-9-]+$/.test(address || '')),
    pwned: String(inside.pwned),
    lostTargets: targets.concat(named.map((id) => `#${id}`)).filter((target) => !page.getElementById(target.slice(1))),
    repeatedIds: ids.filter((id, place) => ids.indexOf(id) !== place).slice(0, 5),
    headings: [...page.querySelectorAll('h1, h2, h3')].map((one) => one.tagName + ' ' + one.textContent.trim().slice(0, 60)),
    landmarks: ['header', 'nav', 'main', 'footer'].map((name) => page.querySelectorAll(`body > ${name}`).length),
    words: page.body.textContent.length > 200000 ? '' : page.body.textContent,
    painted: inside.performance.getEntriesByType('paint').map((entry) => `${entry.name} ${Math.round(entry.startTime)} ms`),
  };
  const parts = page.querySelectorAll('details');
  if (all.length < 20000) {
    parts.forEach((part) => { part.open = true; });
    seen.allOpen = look(page);
  }
  document.getElementById('seen').textContent = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(seen))));
});
