"""What can be asked of any page: scripts that run in it and name what is wrong."""

from __future__ import annotations

from typing import Any

# Every piece of text that can be seen: its element, its position, and what cuts it off.
_TEXTS = """
  const hidden = el => {
    if (!el.checkVisibility({opacityProperty: true, visibilityProperty: true})) return true;
    if (el.closest('.skip, noscript')) return true;
    for (let up = el; up; up = up.parentElement) {
      if (getComputedStyle(up).clipPath === 'inset(50%)') return true;  // for ears only
    }
    return false;
  };
  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const el = node.parentElement;
      if (!node.data.trim() || /^(SCRIPT|STYLE|TITLE)$/i.test(el.tagName) || hidden(el)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter(r => r.width > 0 && r.height > 0);
      if (rects.length) found.push({node, el, rects});
    }
    return found;
  };
  const clipper = (el, axis) => {
    for (let up = el; up; up = up.parentElement) {
      const how = getComputedStyle(up)['overflow' + axis];
      if (how !== 'visible') return [up, how];
      if (getComputedStyle(up).position === 'fixed') return [null, null];
    }
    return [null, null];
  };
  const said = t => `${t.el.tagName.toLowerCase()}.${t.el.getAttribute('class') ?? ''} `
    + `"${t.node.data.trim().slice(0, 40)}"`;
"""

SIDEWAYS = f"""() => {{ {_TEXTS}
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {{
    wrong.push(`the page is ${{root.scrollWidth}} px wide in ${{root.clientWidth}}`);
  }}
  for (const text of texts()) {{
    const [box, how] = clipper(text.el, 'X');
    if (how === 'auto' || how === 'scroll') continue;
    if (getComputedStyle(text.el).textOverflow === 'ellipsis') continue;
    const edge = box && box !== root ? box.getBoundingClientRect() : null;
    for (const rect of text.rects) {{
      const right = Math.min(innerWidth, edge ? edge.right : Infinity);
      const left = Math.max(0, edge ? edge.left : -Infinity);
      if (rect.right > right + 1 || rect.left < left - 1) {{
        wrong.push(`cut off sideways: ${{said(text)}}`);
        break;
      }}
    }}
  }}
  return wrong;
}}"""
"""What does not fit the width: the page itself, or a text."""

OVERLAPS = f"""() => {{ {_TEXTS}
  const still = texts().filter(t => {{
    for (let up = t.el; up; up = up.parentElement) {{
      if (/fixed|sticky/.test(getComputedStyle(up).position)) return false;
    }}
    return true;
  }});
  const wrong = [];
  still.forEach((a, i) => still.slice(i + 1).forEach(b => {{
    if (a.el === b.el || a.el.closest('p,h1,h2,dt,dd,td,th') === b.el.closest('p,h1,h2,dt,dd,td,th')
      && a.el.closest('p,h1,h2,dt,dd,td,th')) return;
    for (const r of a.rects) for (const s of b.rects) {{
      const wide = Math.min(r.right, s.right) - Math.max(r.left, s.left);
      const high = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
      if (wide > 2 && high > 0.4 * Math.min(r.height, s.height)) {{
        wrong.push(`${{said(a)}} lies on ${{said(b)}}`);
        return;
      }}
    }}
  }}));
  for (const text of still) {{
    const [box, how] = clipper(text.el, 'Y');
    if (!box || how === 'auto' || how === 'scroll' || box === document.documentElement) continue;
    const edge = box.getBoundingClientRect();
    for (const rect of text.rects) {{
      const lost = Math.max(rect.bottom - edge.bottom, edge.top - rect.top);
      if (lost > 0.3 * rect.height) wrong.push(`cut off in height: ${{said(text)}}`);
    }}
  }}
  return wrong;
}}"""
"""Texts that lie on each other or are cut off in height."""

SMALL_TARGETS = """() => {
  const wrong = [];
  const every = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  for (const el of document.querySelectorAll(every)) {
    if (el.matches('.skip, [aria-hidden], [role=presentation]')) continue;
    if (!el.checkVisibility({visibilityProperty: true})) continue;
    const within = el.tagName === 'A' && getComputedStyle(el).display === 'inline'
      && el.parentElement.textContent.trim() !== el.textContent.trim();
    if (within) continue;  // a word of a sentence
    el.scrollIntoView({block: 'center', inline: 'center'});
    const box = el.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const hits = (dx, dy) => {
      const hit = document.elementFromPoint(
        Math.min(innerWidth - 1, Math.max(0, x + dx)), Math.min(innerHeight - 1, y + dy));
      return hit !== null && (el.contains(hit) || hit.contains(el) && hit.matches('label'));
    };
    const reach = (dx, dy) => {  // px that count as this one, from its middle, in one direction
      let far = 0;
      while (far < 44 && hits(dx * (far + 1), dy * (far + 1))) far++;
      return far;
    };
    const wide = box.width >= 43.9 || reach(-1, 0) + reach(1, 0) >= 43;
    const high = box.height >= 43.9 || reach(0, -1) + reach(0, 1) >= 43;
    if (!wide || !high) {
      const name = el.getAttribute('aria-label') ?? el.textContent.trim().slice(0, 30);
      const size = `${box.width.toFixed()}x${box.height.toFixed()}`;
      wrong.push(`${el.tagName.toLowerCase()} "${name}" ${size}`);
    }
  }
  scrollTo(0, 0);
  return wrong;
}"""
"""What a finger misses: interactive things under 44 px, words inside a sentence aside."""

FAINT_TEXT = f"""() => {{ {_TEXTS}
  const canvas = document.createElement('canvas').getContext('2d', {{willReadFrequently: true}});
  const rgba = colour => {{
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }};
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const wrong = [];
  for (const text of texts()) {{
    const style = getComputedStyle(text.el);
    if (text.el.closest('svg, .art-window, [disabled]')) continue;
    let under = null;
    for (let up = text.el; up && !under; up = up.parentElement) {{
      const s = getComputedStyle(up);
      if (s.backgroundImage !== 'none' || Number(s.opacity) < 1) break;
      const colour = rgba(s.backgroundColor);
      if (colour[3] === 1) under = colour;
    }}
    if (!under) continue;  // painted on a picture: the tokens are measured instead
    const [a, b] = [light(rgba(style.color)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const big = parseFloat(style.fontSize) >= 24
      || parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700;
    if (ratio < (big ? 3 : 4.5)) wrong.push(`${{ratio.toFixed(2)}} ${{said(text)}}`);
  }}
  return wrong;
}}"""
"""Text with too little contrast to its background (WCAG 2: 4.5, large 3)."""

STRUCTURE = """() => {
  const wrong = [];
  const all = s => [...document.querySelectorAll(s)].filter(el => el.checkVisibility());
  if (document.documentElement.lang !== 'en') wrong.push('no language');
  if (!document.title) wrong.push('no title');
  if (all('h1').length !== 1) wrong.push(`${all('h1').length} h1`);
  if (all('main').length !== 1) wrong.push('not one main');
  if (all('header.topbar, body > * header').length < 1) wrong.push('no banner');
  let level = 0;
  for (const h of all('h1, h2, h3, h4')) {
    const here = Number(h.tagName[1]);
    if (here > level + 1 && level > 0) wrong.push(`h${level} then ${h.tagName} "${h.textContent}"`);
    level = here;
  }
  for (const svg of document.querySelectorAll('svg')) {
    if (svg.closest('[aria-hidden="true"]')) continue;
    const named = svg.getAttribute('aria-label')
      || svg.querySelector(':scope > title')?.textContent;
    if (svg.getAttribute('role') !== 'img' || !named) wrong.push(`a picture without a name: `
      + svg.outerHTML.slice(0, 80));
  }
  for (const img of document.querySelectorAll('img:not([alt])')) wrong.push(`no alt: ${img.src}`);
  const ids = [...document.querySelectorAll('[id]')].map(el => el.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`two of #${id}`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']) {
    for (const el of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of el.getAttribute(attribute).split(' ')) {
        if (!document.getElementById(id)) wrong.push(`${attribute} names no #${id}`);
      }
    }
  }
  for (const el of document.querySelectorAll('[tabindex]')) {
    if (Number(el.getAttribute('tabindex')) > 0) wrong.push('a positive tabindex');
  }
  return wrong;
}"""
"""What is missing in the skeleton of a page."""

FOCUSED = """() => {
  const el = document.activeElement;
  if (!el || el === document.body) return null;
  const style = getComputedStyle(el);
  const name = el.getAttribute('aria-label') ?? el.labels?.[0]?.textContent ?? el.textContent;
  return {
    name: name.trim().replace(/\\s+/g, ' ').slice(0, 60),
    ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    clear: / 0\\)$/.test(style.outlineColor),
    seen: el.getBoundingClientRect().width > 0,
    top: el.getBoundingClientRect().top,
    bottom: el.getBoundingClientRect().bottom,
  };
}"""
"""Where the keyboard is: its name, and the ring round it in px."""

MOVING = """() => document.getAnimations()
  .filter(a => a.playState === 'running')
  .map(a => {
    const timing = a.effect.getComputedTiming();
    const moves = [...new Set(a.effect.getKeyframes().flatMap(Object.keys))]
      .filter(k => !['offset', 'easing', 'composite', 'computedOffset'].includes(k));
    return {what: a.animationName ?? a.transitionProperty ?? '', moves,
      lasts: timing.endTime === Infinity ? -1 : timing.endTime,
      who: a.effect.target?.getAttribute('class') ?? ''};
  })"""
"""Everything that moves now; `lasts` is in ms, -1 if endless."""


def named_by_the_browser(page: Any) -> list[str]:
    """Interactive things, pictures and landmarks that Chromium finds no name for."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    wanted = {"button", "link", "textbox", "searchbox", "checkbox", "dialog", "navigation"}
    wanted |= {"image", "img", "progressbar", "heading", "table", "region"}
    return [
        f"{role} without a name"
        for node in nodes
        if not node.get("ignored")
        and (role := node.get("role", {}).get("value")) in wanted
        and not node.get("name", {}).get("value", "").strip()
    ]
