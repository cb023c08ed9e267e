#!/usr/bin/env bash
# Has outside judges (pyHanko, openssl, poppler, qpdf, pdfua) look at PDFs that `haidang documents sign` signed, at every
# level and with every kind of key, and has `haidang documents verify` judge the files of another signer.
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
need_packages python3 python3-venv openssl poppler-utils qpdf curl fonts-liberation2
need_softhsm
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang || die "the binary does not build"
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang=$HAIDANG_TEST_BIN

# One environment for all versions of the list: another list makes another one.
python_home=${HAIDANG_TEST_JUDGES_PYTHON:-$CARGO_TARGET_DIR/judge-documents-$(sha256sum "$judge/requirements.txt" | cut -c1-12)}
if [ -z "${HAIDANG_TEST_JUDGES_PYTHON:-}" ] && ! [ -f "$python_home/complete" ]; then
  say "installing the judges into $python_home"
  rm -rf "$python_home"
  { python3 -m venv "$python_home" &&
    "$python_home/bin/pip" install --quiet --disable-pip-version-check -r "$judge/requirements.txt" &&
    touch "$python_home/complete"; } || die "the judges could not be installed"
fi
export PYTHON="$python_home/bin/python"
PATH="$python_home/bin:$PATH"

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-documents-pdf.XXXXXX")
pki="$work/pki"
csc=
finish() {
  [ -z "$csc" ] || { kill "$csc" 2>/dev/null || true; wait "$csc" 2>/dev/null || true; }
  "$judge/pki/pki.sh" down "$pki" >/dev/null 2>&1 || true; rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

port=$(free_port)
"$judge/pki/pki.sh" up "$pki" "$port" || die "the authorities for the test did not start"
tsa="http://127.0.0.1:$port/hp/tsa/tsa"
font=$(find /usr/share/fonts -path "*liberation2*" -name LiberationSerif-Regular.ttf -print -quit)

passed=0 failed=0
pass() { passed=$((passed + 1)); echo "PASS  $*"; }
fail() { failed=$((failed + 1)); echo "FAIL  $*"; }

# A tagged PDF/A-3a and PDF/UA-1 file, and a picture for what is seen.
"$PYTHON" - "$work" <<'PYTHON' || die "the paper could not be made"
import pathlib, sys, typst
from PIL import Image, ImageDraw
work = pathlib.Path(sys.argv[1])
(work / "paper.typ").write_text('''#set document(title: "Quyết định", author: "Cơ quan thử nghiệm", date: datetime(year: 2026, month: 1, day: 5))
#set page(paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 15mm))
#set text(font: ("Liberation Serif", "Libertinus Serif"), size: 14pt, lang: "vi")
= Quyết định
Đây là văn bản dùng để thử các bên phán xét độc lập./.
''', encoding="utf-8")
pdf = typst.Compiler(str(work / "paper.typ")).compile(format="pdf", pdf_standards=["a-3a", "ua-1"])
(work / "paper.pdf").write_bytes(pdf)
seal = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
ImageDraw.Draw(seal).ellipse((5, 5, 195, 195), outline=(220, 0, 0, 255), width=8)
seal.save(work / "seal.png")
PYTHON

# sign KEY LEVEL OUT [more]
sign() {
  local key=$1 level=$2 out=$3; shift 3
  "$haidang" documents sign "$work/paper.pdf" --out "$out" --key "$pki/keys/$key.pem" --level "$level" --tsa "$tsa" \
    --certificate "$pki/out/inter/$key.cert.pem" --chain "$pki/inter.pem" --root "$pki/root.pem" "$@"
}
# judged FILE LEVEL NAME  adds up what the judges say of one file.
judged() {
  local file=$1 level=$2 name=$3 line; shift 3
  say "$name"
  "$judge/check_pdf.sh" "$file" "$pki/root.pem" "$pki/inter.pem" --level "$level" "$@" 2>&1 | tee "$work/judged"
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/judged" | tail -n 1)
  if [ -z "$line" ]; then fail "$name ended without its last line"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
}
verify() { "$haidang" documents verify "$1" --root "$pki/root.pem" --online --allow 127.0.0.1; }

# The same keys in files, on a token, and behind a remote signing service of another maker (certomancer-csc-dummy).
say "a token and a remote signing service with the same keys"
mkdir -p "$work/tokens"
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$work/tokens" >"$work/softhsm2.conf"
export SOFTHSM2_CONF="$work/softhsm2.conf"
softhsm2-util --init-token --free --label judge --so-pin 12345678 --pin 123456 >/dev/null || die "no token could be made"
(umask 077; echo 123456 >"$work/pin"; echo unused >"$work/csc-token")
for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so; do [ -f "$module" ] && break; done
csc_port=$(free_port)
(cd "$pki" && exec "$PYTHON" -m csc_dummy certomancer.yml "$csc_port" 2) >"$work/csc.log" 2>&1 & csc=$!
wait_for 60 curl -fsS -o "$work/csc-info" "http://127.0.0.1:$csc_port/info" || { tail -n 20 "$work/csc.log" >&2; die "the remote signing service did not start"; }
number=0
for key in ec rsa2048 rsa3072; do
  number=$((number + 1))
  softhsm2-util --import "$pki/keys/$key.pem" --token judge --label "$key" --id "0$number" --pin 123456 >/dev/null || fail "$key: not on the token"
  cat "$pki/out/inter/$key.cert.pem" "$pki/inter.pem" >"$work/$key-bundle.pem"
  printf 'kind = "pkcs11"\ncertificate = "%s-bundle.pem"\nmodule = "%s"\ntoken = "judge"\nlabel = "%s"\npin_file = "pin"\n' "$key" "$module" "$key" >"$work/$key-pkcs11.toml"
  printf 'kind = "csc"\nservice = "http://127.0.0.1:%s"\ncredential = "hp/%s"\ntoken_file = "csc-token"\n' "$csc_port" "$key" >"$work/$key-csc.toml"
done

# sign_at PLACE KEY LEVEL OUT [more]
sign_at() {
  local place=$1 key=$2 level=$3 out=$4; shift 4
  if [ "$place" = file ]; then sign "$key" "$level" "$out" "$@"; return; fi
  "$haidang" documents sign "$work/paper.pdf" --out "$out" --provider "$work/$key-$place.toml" --level "$level" --tsa "$tsa" \
    --root "$pki/root.pem" --allow 127.0.0.1 "$@"
}
for place in file pkcs11 csc; do
  for key in ec rsa2048 rsa3072; do
    for level in B-B B-T B-LT B-LTA; do
      file="$work/$place-$key-$level.pdf"
      if sign_at "$place" "$key" "$level" "$file"; then judged "$file" "$level" "$place, $key, $level"; else fail "$place, $key, $level: not signed"; fi
      if verify "$file" >"$work/own"; then pass "we accept $place, $key, $level"; else fail "we refuse $place, $key, $level"; cat "$work/own"; fi
    done
  done
done

# As an office does it: an official's picture, number and date filled in, the agency's seal over a third of the picture.
# The official stops at B-T; who seals brings the evidence for both.
say "two signers, seen"
places=(--prepare "officer=1,320,120,470,180" --prepare "organ=1,270,100,370,200" --prepare "number=1,90,700,250,720" --prepare "date=1,310,700,540,720")
if sign ec B-T "$work/officer.pdf" --field officer "${places[@]}" --draw handwriting --reason "Phê duyệt" &&
  judged "$work/officer.pdf" B-T "an official signs in a prepared field" &&
  "$haidang" documents sign "$work/officer.pdf" --out "$work/sealed.pdf" --key "$pki/keys/seal.pem" --level B-LTA --tsa "$tsa" \
    --certificate "$pki/out/inter/seal.cert.pem" --chain "$pki/inter.pem" --root "$pki/root.pem" --field organ --draw seal \
    --fill "number=Số: 05/QĐ-UBND" --fill "date=Hải Phòng, ngày 05 tháng 01 năm 2026" --allow 127.0.0.1; then
  judged "$work/sealed.pdf" B-LTA "the agency seals, and both are proved by the file" --signatures 2
  if verify "$work/sealed.pdf" >"$work/own"; then pass "we accept both"; else fail "we refuse them"; cat "$work/own"; fi
else
  fail "two signers: not signed"
fi
file="$work/seen.pdf"
if sign ec B-LTA "$file" --rectangle 300,100,450,170 --picture "$work/seal.png" --font "$font" \
  --text "Nguyễn Văn A" --text "2026-01-05T08:30:00+07:00" --reason "Phê duyệt" --location "Hải Phòng"; then
  judged "$file" B-LTA "seen, B-LTA"
else
  fail "seen: not signed"
fi

say "files of another signer"
"$PYTHON" "$judge/make_samples.py" "$pki" "$work/samples" --port "$port" >/dev/null || fail "the samples could not be made"
for file in "$work"/samples/*.pdf; do
  name=$(basename "$file" .pdf)
  case $name in
    *rotated | *late_field | expired* | revoked* | unsigned) wanted=1 ;;
    *) wanted=0 ;;
  esac
  verify "$file" >"$work/own" 2>&1; found=$?
  if [ "$found" -eq "$wanted" ]; then pass "$name: exit status $found"; else fail "$name: exit status $found, wanted $wanted"; cat "$work/own"; fi
done

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
