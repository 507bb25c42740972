// What the player asks of the site over HTTP: a new run, a copy, a link, a trial with other seeds.

/** Returns `send(url, body) -> answer`, a POST of JSON; rejects with words a student can use. */
export function sender(token) {
  return async function send(url, body = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") ?? token, Accept: "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" }).catch(() => null);
    if (!response) throw new Error("The server cannot be reached, so nothing was done. Try again when you are online.");
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.text ?? `The server did not do it (${response.status}). Reload the page and try again.`);
    renewTokens(answer.csrf ?? cookie("csrftoken"));
    token = answer.csrf ?? token;
    return answer;
  };
}

/** The JSON at this address, or null where it cannot be had. */
export async function ask(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}

function cookie(name) {
  return document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A visitor who became a guest has a new token; forms that are already on the page would be refused with the old one. */
function renewTokens(token) {
  if (!token) return;
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = token;
}
