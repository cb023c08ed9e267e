#!/usr/bin/env bash
# How well and how fast scanned papers are read: texts made here are printed to clean scans of 300 dots per inch and to
# noisy, slightly turned ones of 150, read by crate `recognition` with tesseract, and compared word by word.
# Wanted (made text; real scans are worse): word recall at least 0.99 clean and 0.97 noisy, 0.5 page a second on two
# processors, and every harmful file refused. The last line is the sum: N passed, N failed.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

need_rust
need_packages python3 python3-venv fonts-liberation2
need_scanning
# Its own work is nothing beside that of tesseract: no need to optimise it.
cargo build --locked --workspace --example read || die "the reader does not build"
reader="$CARGO_TARGET_DIR/debug/examples/read"

python_home="$CARGO_TARGET_DIR/judge-documents-ocr-pillow-11.3.0"
if ! [ -f "$python_home/complete" ]; then
  say "installing Pillow into $python_home"
  rm -rf "$python_home"
  { python3 -m venv "$python_home" &&
    "$python_home/bin/pip" install --quiet --disable-pip-version-check pillow==11.3.0 &&
    touch "$python_home/complete"; } || die "Pillow could not be installed"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-documents-ocr.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export HAIDANG_OCR_READER=$reader
"$python_home/bin/python" scripts/judge_documents_ocr.py "$work"
