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
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked -p haidang-server --bin haidang || die "the binary does not build"
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
finish() { "$judge/pki/pki.sh" down "$pki" >/dev/null 2>&1 || true; rm -rf "$work"; }
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
  local line
  say "$3"
  "$judge/check_pdf.sh" "$1" "$pki/root.pem" "$pki/inter.pem" --level "$2" 2>&1 | tee "$work/judged"
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/judged" | tail -n 1)
  if [ -z "$line" ]; then fail "$3 ended without its last line"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
}
verify() { "$haidang" documents verify "$1" --root "$pki/root.pem" --online --allow 127.0.0.1; }

for key in ec rsa2048 rsa3072; do
  for level in B-B B-T B-LT B-LTA; do
    file="$work/$key-$level.pdf"
    if sign "$key" "$level" "$file"; then judged "$file" "$level" "$key, $level"; else fail "$key, $level: not signed"; fi
    if verify "$file" >"$work/own"; then pass "we accept $key, $level"; else fail "we refuse $key, $level"; cat "$work/own"; fi
  done
done
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
