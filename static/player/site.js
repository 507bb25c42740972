// The one request the player makes over HTTP: a new run.

/** Returns `create(request) -> {run, ws}`; rejects with words a student can use. */
export function creator(url, token) {
  return async function create(request) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") ?? token, Accept: "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(request), credentials: "same-origin" }).catch(() => null);
    if (!response) throw new Error("The server cannot be reached, so no run was started. Try again when you are online.");
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.text ?? `The server did not start a run (${response.status}). Reload the page and try again.`);
    renewTokens(answer.csrf ?? cookie("csrftoken"));
    token = answer.csrf ?? token;
    return answer;
  };
}

function cookie(name) {
  return document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A visitor who became a guest has a new token; forms that are already on the page would be refused with the old one. */
function renewTokens(token) {
  if (!token) return;
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = token;
}
