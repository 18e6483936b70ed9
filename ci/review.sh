#!/bin/sh
# Reviews the manifests of a change: what is wrong with them, and what they would start. Needs no credentials, and sends nothing,
# so it is safe on a stranger's pull request.
#
#   SORTIE_PATH   the folder of the manifests [default: the whole repository]
#   SORTIE_BASE   the commit or branch that the change is compared with
#   SORTIE_OUT    the folder for review.md, validate.xml and plan.md [default: sortie-review]
#
# Ends with 3 where a manifest is not valid.
set -eu
path=${SORTIE_PATH:-.}
out=${SORTIE_OUT:-sortie-review}
mkdir -p "$out"
: >"$out/plan.md"

code=0
sortie validate --strict "./$path" >"$out/validate.txt" 2>&1 || code=$?
sortie validate --strict "./$path" --format junit >"$out/validate.xml" 2>/dev/null || :

base=$(git rev-parse --verify --quiet --end-of-options "${SORTIE_BASE:-HEAD}^{commit}") || {
  echo "error: the commit to compare with is not here" >&2
  echo "  help: fetch the whole history (fetch-depth: 0), or set SORTIE_BASE" >&2
  exit 3
}
base=$(git merge-base "$base" HEAD)
# Names end with NUL, and become arguments: whatever is in them, no shell reads them.
git diff --relative --name-only -z --diff-filter=d "$base" -- "./$path" >"$out/changed"
xargs -0 -n 1 sh -c '
  case ${1-} in
    *.yaml | *.yml) { sortie plan --format markdown "./$1" && echo; } >>"$0" 2>/dev/null || : ;;
  esac
' "$out/plan.md" <"$out/changed"

# Foreign text stands behind four blanks: nothing in it can end a block of code.
{
  echo '<!-- sortie-review -->'
  echo '### sortie: what this change would start'
  echo
  if [ "$code" -eq 0 ]; then
    grep -v '^`sortie explain' "$out/validate.txt" | tail -n 1 | sed 's/^/    /'
  else
    echo 'Not every manifest is valid:'
    echo
    head -n 150 "$out/validate.txt" | sed 's/^/    /'
  fi
  echo
  cat "$out/plan.md"
} >"$out/review.md"
# A comment takes 65,536 characters.
if [ "$(wc -c <"$out/review.md")" -gt 60000 ]; then
  {
    echo '<!-- sortie-review -->'
    echo '### sortie: what this change would start'
    echo
    echo 'The review is too long for a comment: `review-in-full.md` is beside the results of this job.'
  } >"$out/review-short.md"
  mv "$out/review.md" "$out/review-in-full.md"
  mv "$out/review-short.md" "$out/review.md"
fi
exit "$code"
