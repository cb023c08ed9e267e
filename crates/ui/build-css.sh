#!/bin/sh
# Builds assets/css/*.css from scss/ with the versions of package.json. Cargo needs only the results, so
# this runs when a style changes (make assets); continuous integration runs it again and compares bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${UI_BUILD_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/haidang/ui-build}
out=${1:-$here/assets/css}
mkdir -p "$work" "$out"
cp "$here/package.json" "$work/package.json"
(cd "$work" && npm install --no-audit --no-fund --no-package-lock --silent)
for sheet in haidang workbench paper; do
  (cd "$work" && npx sass --load-path=node_modules --style=compressed --no-source-map --quiet-deps \
    "$here/scss/$sheet.scss" "$out/$sheet.css")
  # Every property is set on :root, so the fallback beside each use only weighs.
  sed -E 's/(var\(--govuk-[a-z-]+), #[0-9a-f]{6}\)/\1)/g' "$out/$sheet.css" >"$work/$sheet.css"
  cp "$work/$sheet.css" "$out/$sheet.css"
done
