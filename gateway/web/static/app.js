// Every page works without this file. It adds two comforts:
// Escape closes what was opened, and the chosen theme is remembered.
(() => {
  const root = document.documentElement;
  const remembered = (() => { try { return localStorage.getItem('theme'); } catch { return null; } })();
  if (remembered && !root.dataset.theme) root.dataset.theme = remembered;
  for (const button of document.querySelectorAll('[data-set-theme]')) {
    button.addEventListener('click', () => {
      root.dataset.theme = button.dataset.setTheme;
      try { localStorage.setItem('theme', button.dataset.setTheme); } catch { /* storage is blocked */ }
    });
  }
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const open of document.querySelectorAll('details.due[open],details.blame[open]')) {
      open.open = false;
      open.querySelector('summary').focus();
    }
  });
})();
