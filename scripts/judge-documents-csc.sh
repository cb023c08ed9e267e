#!/usr/bin/env bash
# Has pyHanko's client of the Cloud Signature Consortium's API sign with a key that a demonstration city keeps for an
# official, and outside judges look at the result; then asks for what must be refused.
# The last line is the sum: N passed, N failed.
# The judges lie beside the repository, in ../shared/referees/documents, or where HAIDANG_TEST_JUDGES points.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/documents
if ! [ -f "$judge/requirements.txt" ]; then
  echo "The outside judges are not here: $judge is absent, so nothing was judged."
  echo "0 passed, 1 failed"; exit 2
fi

need_rust
need_packages python3 python3-venv openssl poppler-utils qpdf curl
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang || die "the binary does not build"
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang=$HAIDANG_TEST_BIN
python_home=${HAIDANG_TEST_JUDGES_PYTHON:-$CARGO_TARGET_DIR/judge-documents-$(sha256sum "$judge/requirements.txt" | cut -c1-12)}
if ! [ -f "$python_home/complete" ]; then
  say "installing the judges into $python_home"
  rm -rf "$python_home"
  { python3 -m venv "$python_home" &&
    "$python_home/bin/pip" install --quiet --disable-pip-version-check -r "$judge/requirements.txt" &&
    touch "$python_home/complete"; } || die "the judges could not be installed"
fi
export PYTHON="$python_home/bin/python"
PATH="$python_home/bin:$PATH"

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-documents-csc.XXXXXX")
city=
finish() { [ -z "$city" ] || { kill "$city" 2>/dev/null || true; wait "$city" 2>/dev/null || true; }; rm -rf "$work"; }
trap finish EXIT
trap 'exit 130' INT TERM

# The city of the part before must not be the one that is asked.
unset HAIDANG_CITY_PACK HAIDANG_CITY_ENVIRONMENT HAIDANG_SERVER_LISTEN
port=$(free_port)
origin=http://localhost:$port
export HAIDANG_STORE_FOLDER="$work/var"
say "a demonstration city at $origin"
"$haidang" demo --residents 200 --months 1 --listen "127.0.0.1:$port" >"$work/log" 2>&1 & city=$!
wait_for 300 curl -fsS -o "$work/ready" "$origin/readyz" || { tail -n 20 "$work/log" >&2; die "the city did not start"; }
export HAIDANG_CITY_ENVIRONMENT=demo HAIDANG_SERVER_LISTEN="127.0.0.1:$port"
"$haidang" trust authority --pem >"$work/root.pem" || die "the city does not show its root"
read -r username agency token other < <("$PYTHON" - "$work/var/demo.json" <<'PYTHON'
import json, sys
accounts = [a for a in json.load(open(sys.argv[1], encoding="utf-8"))["accounts"] if a.get("username") and a.get("agency")]
print(accounts[0]["username"], accounts[0]["agency"], accounts[0]["token"], accounts[1]["token"])
PYTHON
)
(umask 077; echo 271828 >"$work/pin")
"$haidang" trust key "$username" --agency "$agency" --pin-file "$work/pin" >"$work/key" || die "the official has no key"
credential=$(awk '/^credential / {print $2}' "$work/key")

passed=0 failed=0
pass() { passed=$((passed + 1)); echo "PASS  $*"; }
fail() { failed=$((failed + 1)); echo "FAIL  $*"; }

"$PYTHON" - "$work" "$origin" "$credential" "$token" "$other" <<'PYTHON' 2>&1 | tee "$work/rows"
import asyncio, base64, hashlib, io, pathlib, sys
import aiohttp, typst
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, timestamps
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.csc_signer import CSCAuthorizationManager, CSCServiceSessionInfo, CSCSigner, fetch_certs_in_csc_credential
from pyhanko_certvalidator import ValidationContext

work, origin, credential, token, other = pathlib.Path(sys.argv[1]), *sys.argv[2:]
PIN = "271828"
(work / "paper.typ").write_text('#set document(title: "Quyết định", date: datetime(year: 2026, month: 1, day: 5))\n'
                                '#set text(lang: "vi")\n= Quyết định\nVăn bản để thử ký số từ xa./.\n', encoding="utf-8")
paper = typst.Compiler(str(work / "paper.typ")).compile(format="pdf", pdf_standards=["a-3a", "ua-1"])


def row(good, what, detail=""):
    print(("PASS  " if good else "FAIL  ") + what + (f": {detail}" if detail and not good else ""), flush=True)


class Authorisations(CSCAuthorizationManager):
    def __init__(self, session, info, credential_info):
        super().__init__(info, credential_info)
        self.session = session

    async def authorize_signature(self, hash_b64s):
        request = self.format_csc_auth_request(hash_b64s=hash_b64s, pin=PIN)
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self.session.post(url, headers=self.auth_headers, json=request, raise_for_status=True) as answer:
            return self.parse_csc_auth_response(await answer.json())


async def ask(session, method, body, bearer=token):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    async with session.post(f"{origin}/csc/v1/{method}", headers=headers, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def main():
    async with aiohttp.ClientSession() as session:
        status, said = await ask(session, "info", {}, None)
        row(status == 200 and said["specs"] == "1.0.4.0", "info")
        status, said = await ask(session, "credentials/list", {})
        row(status == 200 and said["credentialIDs"] == [credential], "credentials/list", said)
        info = CSCServiceSessionInfo(origin, credential, oauth_token=token)
        found = await fetch_certs_in_csc_credential(session, info)
        row(found.hash_pinning_required and found.max_batch_size >= 50, "credentials/info: hashes are pinned, batches of 50")
        signer = CSCSigner(session, Authorisations(session, info, found))
        roots = list(load_certs_from_pemder([str(work / "root.pem")]))
        for level in ("B-B", "B-T", "B-LT", "B-LTA"):
            stamper = None if level == "B-B" else timestamps.HTTPTimeStamper(f"{origin}/tsa")
            more = dict(embed_validation_info=True, use_pades_lta=level == "B-LTA",
                        validation_context=ValidationContext(trust_roots=roots, allow_fetching=True)) if level.startswith("B-L") else {}
            meta = PdfSignatureMetadata(field_name="S", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, **more)
            pdf = PdfSigner(meta, signer=signer, timestamper=stamper, new_field_spec=SigFieldSpec("S"))
            try:
                out = await pdf.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(paper)))
                (work / f"{level}.pdf").write_bytes(out.getvalue())
                row(True, f"pyHanko signs {level} with a key of the city")
            except Exception as error:
                row(False, f"pyHanko signs {level} with a key of the city", repr(error))
        # Fifty papers, one PIN.
        hashes = [base64.b64encode(hashlib.sha256(str(n).encode()).digest()).decode() for n in range(50)]
        hashes.append(hashes[0])
        asked = {"credentialID": credential, "numSignatures": 51, "hash": hashes, "PIN": PIN}
        status, right = await ask(session, "credentials/authorize", asked)
        row(status == 200 and right["expiresIn"] <= 600, "one PIN for a batch", right)
        sign = {"credentialID": credential, "SAD": right.get("SAD"), "hash": hashes, "hashAlgo": "2.16.840.1.101.3.4.2.1",
                "signAlgo": "1.2.840.10045.4.3.2"}
        foreign = base64.b64encode(hashlib.sha256(b"foreign").digest()).decode()
        for what, body, bearer in (
            ("a hash outside the batch", {**sign, "hash": [foreign]}, token),
            ("a hash once too often", {**sign, "hash": [hashes[1], hashes[1]]}, token),
            ("another person's token", sign, other),
            ("no token", sign, None),
            ("an unknown activation", {**sign, "SAD": "x"}, token),
        ):
            status, said = await ask(session, "signatures/signHash", body, bearer)
            row(status in (400, 401) and "error" in said, f"refused: {what}", said)
        status, said = await ask(session, "signatures/signHash", sign)
        row(status == 200 and len(said["signatures"]) == 51, "the batch is signed", said)
        status, said = await ask(session, "signatures/signHash", sign)
        row(status == 400, "refused: the activation a second time", said)
        for attempt in range(5):
            status, said = await ask(session, "credentials/authorize", {**asked, "PIN": "000000"})
            row(status == 400 and said["error"] == "invalid_pin", f"refused: wrong PIN {attempt + 1}", said)
        status, said = await ask(session, "credentials/authorize", asked)
        row(status == 400, "refused: the right PIN while the key is locked", said)


asyncio.run(main())
PYTHON
passed=$((passed + $(grep -c '^PASS ' "$work/rows"))); failed=$((failed + $(grep -c '^FAIL ' "$work/rows")))
grep -q '^Traceback' "$work/rows" && fail "pyHanko's client broke off"

for level in B-B B-T B-LT B-LTA; do
  [ -f "$work/$level.pdf" ] || continue
  say "pyHanko with a key of the city, $level"
  "$judge/check_pdf.sh" "$work/$level.pdf" "$work/root.pem" --level "$level" 2>&1 | tee "$work/judged"
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/judged" | tail -n 1)
  if [ -z "$line" ]; then fail "$level ended without its last line"; continue; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
  if "$haidang" documents verify "$work/$level.pdf" --root "$work/root.pem" --online --allow localhost >"$work/own"; then
    pass "we accept $level"
  else
    fail "we refuse $level"; cat "$work/own"
  fi
done

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
