// Makes the pages live and commands copyable; without it they are complete.
"use strict";
(() => {
  const status = document.getElementById("live");
  const base = document.body.dataset.base;

  const addButtons = (root) => {
    for (const box of root.querySelectorAll(".command")) {
      if (box.querySelector("button")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy: " + box.querySelector("code").textContent);
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(box.querySelector("code").textContent);
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(box.querySelector("code"));
          button.textContent = "Selected";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      });
      box.append(button);
    }
  };
  addButtons(document);

  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length) return;
  let busy = false;
  let wanted = false;
  let last = Date.now();

  // what somebody is at stays as it is: a focus, a tick, an open list
  const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("input:checked, details[open]");

  const refresh = async () => {
    if (busy || document.hidden) { wanted = true; return; }
    busy = true;
    wanted = false;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      // a page that was not all there is shown anew as a whole
      const whole = document.querySelector("[data-whole]");
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.status === 503) {
        status.textContent = "The database is gone; this page looks again.";
      } else if (answer.redirected || !answer.ok) {
        status.textContent = "Sign in again to follow.";
      } else if (whole && !fresh.querySelector(`[data-whole="${whole.dataset.whole}"]`)) {
        location.reload();
      } else {
        for (const part of document.querySelectorAll("[data-live]")) {
          const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
          if (now && !isInUse(part) && now.innerHTML !== part.innerHTML) {
            part.replaceWith(document.importNode(now, true));
          }
        }
        addButtons(document);
        status.textContent = "Followed live.";
      }
    } catch {
      status.textContent = "The server does not answer; this page looks again.";
    }
    last = Date.now();
    busy = false;
  };

  let timer = 0;
  const soon = () => {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; refresh(); }, Math.max(1000 - (Date.now() - last), 100));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && wanted) soon(); });

  const poll = () => {
    const part = document.querySelector("[data-poll]");
    setTimeout(async () => { await refresh(); poll(); }, part ? Number(part.dataset.poll) : 10000);
  };
  poll();

  // one stream a page, and only while it is seen: a browser allows six connections to a server
  const path = document.body.dataset.stream;
  let source = null;
  const follow = () => {
    if (!path || !window.EventSource) return;
    if (document.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source) {
      source = new EventSource(base + path);
      for (const topic of ["runs", "policies", "cascades", "orphans", "claims", "health", "reset"]) {
        source.addEventListener(topic, soon);
      }
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
})();
