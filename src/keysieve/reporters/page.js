'use strict';
// Filters what the page already holds; it fetches nothing, stores nothing and writes no markup.
(() => {
  const PAGE = 100; // cards that are shown at once; laying out ten thousand takes seconds
  const form = document.getElementById('filters');
  const status = document.getElementById('status');
  const more = document.getElementById('more');
  const cards = Array.from(document.querySelectorAll('.finding'));
  const texts = cards.map(() => null); // made when first searched
  let limit = PAGE;

  const matches = (card, index, wanted) =>
    wanted.severities.has(card.dataset.severity)
    && (!wanted.account || card.dataset.account === wanted.account)
    && (!wanted.author || card.dataset.author === wanted.author)
    && (!wanted.state || card.dataset.state === wanted.state)
    && (!wanted.reach || card.dataset.reach === wanted.reach)
    && wanted.words.every((word) => (texts[index] ??= card.textContent.toLowerCase()).includes(word));

  const apply = () => {
    const data = new FormData(form);
    const wanted = {
      severities: new Set(data.getAll('severity')),
      account: data.get('account'), author: data.get('author'), state: data.get('state'), reach: data.get('reach'),
      words: data.get('search').toLowerCase().split(/\s+/).filter(Boolean),
    };
    let found = 0;
    cards.forEach((card, index) => {
      const isWanted = matches(card, index, wanted);
      found += isWanted;
      card.hidden = !isWanted || found > limit;
    });
    const shown = Math.min(found, limit);
    status.textContent = `${found.toLocaleString('en')} of ${cards.length.toLocaleString('en')} credentials`
      + (shown < found ? `, the first ${shown.toLocaleString('en')} shown` : '');
    more.hidden = shown >= found;
  };

  const reveal = () => { // a link to a card shows it, whatever the filters say
    const card = location.hash && document.getElementById(location.hash.slice(1));
    if (card && card.hidden) { card.hidden = false; card.scrollIntoView(); }
  };

  const restart = () => { limit = PAGE; apply(); };
  let waiting = 0;
  for (const name of ['input', 'change']) { // some assistive software sends only the latter
    form.addEventListener(name, () => { clearTimeout(waiting); waiting = setTimeout(restart, 120); });
  }
  form.addEventListener('reset', () => setTimeout(restart));
  form.addEventListener('submit', (event) => event.preventDefault());
  more.addEventListener('click', () => {
    const next = cards.filter((card) => !card.hidden).length;
    limit += PAGE;
    apply();
    const first = cards.filter((card) => !card.hidden)[next];
    if (first) { first.querySelector('h3').focus(); }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      document.getElementById('search').focus();
    }
  });
  window.addEventListener('hashchange', reveal);
  document.documentElement.classList.add('has-script');
  apply();
  reveal();
})();
