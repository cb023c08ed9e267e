// Passkeys: asks the server for a challenge and the browser for the key, and sends the answer as the form it stands in.
// Without this script the forms stay hidden, and the pages offer password and code alone.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const identified = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function create(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: identified(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? null,
    },
  };
}

async function get(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: identified(options.allowCredentials),
  };
  const proof = await navigator.credentials.get({ publicKey });
  return {
    id: proof.id,
    rawId: text(proof.rawId),
    type: proof.type,
    response: {
      authenticatorData: text(proof.response.authenticatorData),
      clientDataJSON: text(proof.response.clientDataJSON),
      signature: text(proof.response.signature),
      userHandle: proof.response.userHandle ? text(proof.response.userHandle) : null,
    },
  };
}

async function ceremony(form) {
  const typed = document.querySelector("input#username");
  if (form.elements.username && typed) form.elements.username.value = typed.value;
  const answer = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { ceremony: id, options } = await answer.json();
  const credential = form.dataset.passkey === "create" ? await create(options.publicKey) : await get(options.publicKey);
  form.elements.ceremony.value = id;
  form.elements.credential.value = JSON.stringify(credential);
  // Sent by the browser itself, so that the answer is a page like any other.
  form.submit();
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const failed = form.querySelector("[data-passkey-error]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      try {
        await ceremony(form);
      } catch {
        failed.hidden = false;
      }
    });
  }
}
