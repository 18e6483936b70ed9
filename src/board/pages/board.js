// Puts what has changed in its place. The markup is the board's own, and escaped there.
"use strict";
const live = document.getElementById("live");
if (live && live.dataset.events) {
  const changes = new EventSource(live.dataset.events);
  changes.addEventListener("part", (event) => {
    // Whoever stands on a link with the keyboard stays there.
    const focused = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    live.innerHTML = JSON.parse(event.data);
    if (focused) {
      const link = [...live.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused);
      if (link) link.focus({ preventScroll: true });
    }
  });
  changes.addEventListener("end", () => {
    changes.close();
    location.reload();
  });
}
