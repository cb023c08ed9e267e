#!/usr/bin/env bash
# Has outside judges (qpdf, poppler, pdfua) look at what the templates of both packs become: every kind of official
# document, every result, forms 01 to 07, a paper filled after setting and one with a file inside. The papers are
# those of the tests of crate documents. Nothing outside judges PDF/A-3a: veraPDF is not at hand.
# The last line is the sum: N passed, N failed.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/documents
if ! [ -f "$judge/requirements.txt" ]; then
  echo "The outside judges are not here: $judge is absent, so nothing was judged."
  echo "0 passed, 1 failed"; exit 2
fi

need_rust
need_packages python3 python3-venv poppler-utils qpdf
# The same environment as that of judge-documents-pdf.sh.
python_home=${HAIDANG_TEST_JUDGES_PYTHON:-$CARGO_TARGET_DIR/judge-documents-$(sha256sum "$judge/requirements.txt" | cut -c1-12)}
if [ -z "${HAIDANG_TEST_JUDGES_PYTHON:-}" ] && ! [ -f "$python_home/complete" ]; then
  say "installing the judges into $python_home"
  rm -rf "$python_home"
  { python3 -m venv "$python_home" &&
    "$python_home/bin/pip" install --quiet --disable-pip-version-check -r "$judge/requirements.txt" &&
    touch "$python_home/complete"; } || die "the judges could not be installed"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-documents-typeset.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
HAIDANG_TEST_KEEP="$work" cargo test --locked --quiet --workspace --test typeset pack:: >"$work/tests" 2>&1 ||
  { cat "$work/tests"; die "the papers were not typeset"; }

passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL  $*"; }
# is WHAT COMMAND...
is() { local what=$1; shift; if "$@" >"$work/said" 2>&1; then pass; else fail "$what"; cat "$work/said"; fi; }
embedded() { pdffonts "$1" 2>/dev/null | awk 'NR > 2 && $(NF - 4) != "yes" { bad = 1 } NR > 2 { seen = 1 } END { exit bad || !seen }'; }
claims() { grep -aq 'pdfaid:part>3<' "$1" && grep -aq 'pdfaid:conformance>A<' "$1" && grep -aq 'pdfuaid:part>1<' "$1"; }
attached() { [ "$(pdfdetach -list "$1" 2>/dev/null | head -n 1)" = "1 embedded files" ]; }

for file in "$work"/*.pdf; do
  name=$(basename "$file" .pdf)
  is "$name: qpdf" qpdf --check "$file"
  is "$name: pdfua" "$python_home/bin/pdfua" check "$file"
  is "$name: fonts embedded" embedded "$file"
  is "$name: claims PDF/A-3a and PDF/UA-1" claims "$file"
done
is "a file inside" attached "$work/attached.pdf"
count=$(find "$work" -name '*.pdf' | wc -l)
say "$count papers"
# 29 kinds and 7 forms of two packs, 14 results, one filled, one with a file inside.
[ "$count" -ge 88 ] || fail "only $count papers"

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
