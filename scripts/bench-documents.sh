#!/usr/bin/env bash
# Figures of signing and judging papers, each beside its limit; then, where the outside judges lie beside the repository,
# the ratios to pyHanko in one run.
#   scripts/bench-documents.sh [sign] [stamps] [judge] [numbering] [token] [peers]   some parts; none is all
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
need_rust
need_softhsm
"$root_dir/scripts/install.sh" bench
trap stop_postgres EXIT INT TERM
start_postgres durable
cargo build --locked --release -p haidang-server --bin haidang --bin haidang-bench-documents

own=() peers=
for part in "$@"; do if [ "$part" = peers ]; then peers=yes; else own+=("$part"); fi; done
[ $# -gt 0 ] || peers=yes
missed=0
if [ $# -eq 0 ] || [ ${#own[@]} -gt 0 ]; then
  "$CARGO_TARGET_DIR/release/haidang-bench-documents" "${own[@]}" || missed=1
fi

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/documents
if [ -n "$peers" ]; then
  if ! [ -f "$judge/bench.py" ]; then echo "The outside judges are not here: $judge is absent, so no ratio was measured."; exit 2; fi
  need_packages python3 python3-venv openssl curl
  python_home=${HAIDANG_TEST_JUDGES_PYTHON:-$CARGO_TARGET_DIR/judge-documents-$(sha256sum "$judge/requirements.txt" | cut -c1-12)}
  if ! [ -f "$python_home/complete" ]; then
    rm -rf "$python_home"
    python3 -m venv "$python_home"
    "$python_home/bin/pip" install --quiet --disable-pip-version-check -r "$judge/requirements.txt"
    touch "$python_home/complete"
  fi
  PATH="$python_home/bin:$PATH"
  work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-bench-documents.XXXXXX")
  trap 'stop_postgres; "$judge/pki/pki.sh" down "$work" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
  port=$(free_port)
  "$judge/pki/pki.sh" up "$work" "$port"
  export HD_GEN_CMD="$CARGO_TARGET_DIR/release/haidang documents typeset-samples {n} {paragraphs} {out} --pack $root_dir/packs/haiphong"
  export HD_SIGN_CMD="$CARGO_TARGET_DIR/release/haidang documents sign {pdf} --count {n} --out {out}/signed --key {key} --certificate {cert} --chain {chain} --level {level} --tsa {tsa}"
  "$python_home/bin/python" "$judge/bench.py" "$work" --port "$port" || missed=1
fi
exit $missed
