#!/usr/bin/env bash
# Has outside judges look at what a fresh city signs; their sums are the last line: N passed, N failed.
#   scripts/judge-documents.sh             all parts
#   scripts/judge-documents.sh time-stamps  only these
# Parts: time-stamps pdf office csc edxml typeset ocr
# The judges lie beside the repository, in ../shared/referees/documents, or where HAIDANG_TEST_JUDGES points.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(time-stamps pdf office csc edxml typeset ocr)
has() { local part; for part in "${parts[@]}"; do [ "$part" = "$1" ] && return 0; done; return 1; }

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/documents
if ! [ -f "$judge/requirements.txt" ]; then
  echo "The outside judges are not here: $judge is absent, so nothing was judged."
  # It was asked for by name: not judged is not passed.
  echo "0 passed, 1 failed"; exit 2
fi

need_rust
need_packages python3 python3-venv
need_tool openssl
need_tool curl
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang || die "the binary does not build"
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi

# One environment for all versions of the list: another list makes another one.
python_home="$CARGO_TARGET_DIR/judge-documents-$(sha256sum "$judge/requirements.txt" | cut -c1-12)"
if ! [ -f "$python_home/complete" ]; then
  say "installing the judges into $python_home"
  rm -rf "$python_home"
  { python3 -m venv "$python_home" &&
    "$python_home/bin/pip" install --quiet --disable-pip-version-check -r "$judge/requirements.txt" &&
    touch "$python_home/complete"; } || die "the judges could not be installed"
fi
export PYTHON="$python_home/bin/python"
PATH="$python_home/bin:$PATH"

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-documents.XXXXXX")
city=
finish() { [ -z "$city" ] || { kill "$city" 2>/dev/null || true; wait "$city" 2>/dev/null || true; }; rm -rf "$work"; }
trap finish EXIT
trap 'exit 130' INT TERM

passed=0 failed=0
# judged NAME COMMAND…  runs a judge that ends with its own "N passed, N failed".
judged() {
  local name=$1 status line; shift
  say "$name"
  "$@" 2>&1 | tee "$work/judged"
  status=${PIPESTATUS[0]}
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/judged" | tail -n 1)
  if [ -z "$line" ]; then failed=$((failed + 1)); echo "FAIL  $name ended without its last line"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
  if [ "$status" -ne 0 ] && [[ "$line" == *", 0 failed" ]]; then failed=$((failed + 1)); echo "FAIL  $name: exit status $status"; fi
}

port=$(free_port)
origin=http://localhost:$port
export HAIDANG_CITY_PACK="$root_dir/packs/haiphong" HAIDANG_CITY_ENVIRONMENT=test
export HAIDANG_STORE_FOLDER="$work/var" HAIDANG_SERVER_LISTEN="127.0.0.1:$port"
# One machine does the work of many here.
export HAIDANG_RATE_PER_ADDRESS=0 HAIDANG_RATE_ANONYMOUS_WRITES=0
export HAIDANG_LOG_FILTER=${HAIDANG_LOG_FILTER:-warn}
say "serving at $origin"
"$HAIDANG_TEST_BIN" serve >"$work/log" 2>&1 & city=$!
wait_for 120 curl -fsS -o "$work/ready" "$origin/readyz" || { tail -n 20 "$work/log" >&2; die "the city did not start"; }
"$HAIDANG_TEST_BIN" trust authority --pem >"$work/root.pem" || die "the city does not show its root"

has time-stamps && judged "time stamps (RFC 3161)" "$judge/check_tsa.sh" "$origin/tsa" "$work/root.pem"
export HAIDANG_TEST_BIN HAIDANG_TEST_JUDGES_PYTHON="$python_home"
has pdf && judged "signed PDF" scripts/judge-documents-pdf.sh
# Papers that the office signed, numbered, sealed, issued and copied: its own tests leave them here.
if has office; then
  say "papers of the office"
  mkdir "$work/papers"
  if HAIDANG_TEST_PAPERS="$work/papers" cargo test --locked --workspace --test it -- \
    signed_numbered_sealed_and_issued::sqlite closed_with_its_record_and_copied::sqlite >"$work/office" 2>&1; then
    for paper in "$work"/papers/*.pdf; do
      openssl x509 -inform DER -in "${paper%.pdf}.cer" -out "${paper%.pdf}.pem"
      judged "the office's $(basename "$paper" .pdf)" \
        "$judge/check_pdf.sh" "$paper" "${paper%.pdf}.pem" --level B-LTA --signatures 2
    done
  else
    tail -n 20 "$work/office"; failed=$((failed + 1)); echo "FAIL  the office issued nothing"
  fi
fi
has csc && judged "remote signing (CSC)" scripts/judge-documents-csc.sh
has edxml && judged "edXML messages" scripts/judge-documents-edxml.sh
has typeset && judged "typeset papers" scripts/judge-documents-typeset.sh
has ocr && judged "scanned papers" scripts/judge-documents-ocr.sh

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
