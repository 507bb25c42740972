// Says that this page is open, and shows who else has it open and whether something was published meanwhile.

export function keepTelling(form) {
  const notice = document.getElementById("presence");
  const began = Number(form.dataset.published);

  async function beat() {
    if (document.hidden) return;
    const headers = { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value };
    try {
      const response = await fetch(form.dataset.beatUrl, { method: "POST", headers });
      if (response.ok) show(await response.json());
    } catch {
      // the next beat tells again
    }
  }

  function show({ others, published }) {
    const said = [];
    if (published !== began) said.push(`Revision ${published} was published since you opened this page. You will be shown both texts.`);
    if (others.length) said.push(`${others.join(", ")} ${others.length > 1 ? "have" : "has"} this lesson open too. Whoever publishes second is shown both texts.`);
    const text = said.join(" ");
    if (notice.textContent !== text) notice.textContent = text;
    notice.hidden = !text;
  }

  setInterval(beat, Number(form.dataset.beatS) * 1000);
  document.addEventListener("visibilitychange", beat);
}
