// How long an attempt has left. Display only: the site's own clock decides. The time left came with the page, so a wrong clock here does no harm.

const TOLD_AT_S = [600, 300, 60, 30];

/** `element` carries the milliseconds left when the page was made; `ends` is called once when they are over. */
export function startClock(element, ends) {
  if (!element) return;
  const left = element.querySelector("[data-left]");
  const end = performance.timeOrigin + performance.now() + Number(element.dataset.clock);
  const live = document.createElement("span");
  live.className = "visually-hidden";
  live.setAttribute("aria-live", "assertive");
  element.append(live);
  let told = Infinity;
  const tick = () => {
    const seconds = Math.max(0, Math.round((end - (performance.timeOrigin + performance.now())) / 1000));
    left.textContent = `${spelled(seconds)} left`;
    element.classList.toggle("soon", seconds <= 60);
    const mark = TOLD_AT_S.findLast((at) => seconds <= at);
    if (mark !== undefined && mark < told) {
      if (told !== Infinity || seconds > mark - 5) live.textContent = `${spelled(seconds)} left`;
      told = mark;
    }
    if (seconds > 0) return setTimeout(tick, 1000 - (Date.now() % 1000) || 1000);
    return ends();
  };
  tick();
}

function spelled(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
