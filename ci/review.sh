#!/bin/sh
# Reviews the manifests of a change: what is wrong with them, and what they would start. Needs no credentials, and sends nothing,
# so it is safe on a stranger's pull request.
#
#   SORTIE_PATH   the folder of the manifests [default: the whole repository]
#   SORTIE_POLICY a file of rules that every launch must keep [default: none]
#   SORTIE_BASE   the commit or branch that the change is compared with
#   SORTIE_OUT    the folder for review.md, validate.xml, diff.md and plan.md, not there or empty
#                 [default: sortie-review, made anew]
#   SORTIE_ANNOTATE  `github`: complaints beside the lines that are wrong [default: none]
#
# Ends with 3 where a manifest is not valid, with 20 where a test of one failed, and otherwise with 0: also where the difference cannot
# be told because of what the change is compared with, or of a param that a manifest wants; the review says so. A difference that
# broke down in another way fails, for then nobody has looked.
set -eu
# A manifest may ask for variables, and what it shows goes into a comment: of the job's it sees none.
sortie() { env -i PATH="$PATH" HOME="${HOME:-/}" sortie "$@"; }
path=${SORTIE_PATH:-.}
out=${SORTIE_OUT:-sortie-review}
case $path in
  -*) path=./$path ;;
esac
# A change may bring along a folder of that name, or a link: what is shown and kept is of this run, and nothing else.
if [ -z "${SORTIE_OUT:-}" ]; then rm -rf sortie-review; fi
if [ -L "${out%/}" ] || { [ -e "$out" ] && [ -n "$(ls -A "$out")" ]; }; then
  echo "error: SORTIE_OUT is a link, or not empty" >&2
  exit 3
fi
mkdir -p "$out"
: >"$out/plan.md"

set --
if [ -n "${SORTIE_POLICY:-}" ]; then set -- --policy "$SORTIE_POLICY"; fi

code=0
sortie validate --strict "$path" "$@" >"$out/validate.txt" 2>&1 || code=$?
# The last manifest may be what was taken away: the difference shows it, and says whether there was one.
if [ "$code" -eq 3 ] && { [ ! -e "$path" ] || grep -q '^error: there is no manifest below ' "$out/validate.txt"; }; then
  echo 'There is no manifest any more.' >"$out/validate.txt"
  code=0
  gone=1
else
  gone=0
  sortie validate --strict "$path" "$@" --format junit >"$out/validate.xml" 2>/dev/null || :
  if [ "${SORTIE_ANNOTATE:-}" = github ]; then sortie validate --strict "$path" "$@" --format github || :; fi
fi
tested=0
: >"$out/tests.txt"
if [ -e "$path" ] && find "$path" -name '*.test.yaml' -o -name '*.test.yml' | grep -q .; then
  sortie test "$path" >"$out/tests.txt" 2>&1 || tested=$?
  sortie test "$path" --format junit >"$out/tests.xml" 2>/dev/null || :
fi

base=$(git rev-parse --verify --quiet --end-of-options "${SORTIE_BASE:-HEAD}^{commit}") || {
  echo "error: the commit to compare with is not here" >&2
  echo "  help: fetch the whole history (fetch-depth: 0), or set SORTIE_BASE" >&2
  exit 3
}
base=$(git merge-base "$base" HEAD)
# A file of that name would be taken for it.
if [ -e "$base" ] || [ -e "$base:" ]; then
  echo "error: a folder is called like the commit to compare with" >&2
  exit 3
fi
compared=0
if [ -e "$path" ]; then
  # What the commit does not have is new.
  sortie diff "$base" "$path" --format markdown >"$out/diff.md" 2>"$out/diff.txt" || compared=$?
else
  case $path in
    /*) top=$(git rev-parse --show-toplevel) && was=${path#"$top"/} ;;
    *) was=./$path ;;
  esac
  mkdir "$out/nothing"
  sortie diff "$base:$was" "$out/nothing" --format markdown >"$out/diff.md" 2>"$out/diff.txt" || compared=$?
  rmdir "$out/nothing"
fi
# Nothing is there, and nothing was: the path is wrong.
if [ "$gone" -eq 1 ] && { [ "$compared" -ne 0 ] || ! grep -q '^#### .*(gone' "$out/diff.md"; }; then
  echo "There is no manifest at \`$path\`, here or in the commit to compare with." >"$out/validate.txt"
  code=3
fi

# Names end with NUL, and become arguments: whatever is in them, no shell reads them.
git diff --relative --name-only -z --diff-filter=d "$base" -- "$path" >"$out/changed"
xargs -0 -n 1 sh -c '
  case ${1-} in
    *.yaml | *.yml) { env -i PATH="$PATH" HOME="${HOME:-/}" sortie plan --limit 50 --format markdown "./$1" && echo; } >>"$0" 2>/dev/null || : ;;
  esac
' "$out/plan.md" <"$out/changed"

# Foreign text stands behind four blanks: nothing in it can end a block of code.
head() {
  echo '<!-- sortie-review -->'
  echo '### sortie: what this change would start'
  echo
  if [ "$code" -eq 0 ]; then
    grep -v '^`sortie explain' "$out/validate.txt" | tail -n 1 | sed 's/^/    /'
  else
    if [ "$code" -eq 3 ]; then echo 'Not every manifest is valid:'; else echo 'The check itself failed:'; fi
    echo
    sed -n '1,150s/^/    /p' "$out/validate.txt"
  fi
  if [ "$tested" -ne 0 ]; then
    echo
    echo 'Tests of manifests failed:'
    echo
    sed -n '1,150s/^/    /p' "$out/tests.txt"
  elif [ -s "$out/tests.txt" ]; then
    tail -n 1 "$out/tests.txt" | sed 's/^/    /'
  fi
  echo
}
difference() {
  cat "$out/diff.md"
  if [ "$compared" -ne 0 ]; then
    echo
    echo 'What the change would start could not be told in full:'
    echo
    sed -n '1,100s/^/    /p' "$out/diff.txt"
  fi
}
plans() {
  if [ -s "$out/plan.md" ]; then
    printf '\n<details><summary>Plans of the manifests that changed</summary>\n\n'
    cat "$out/plan.md"
    printf '\n</details>\n'
  fi
}
# A comment takes 65,536 characters: plans are the first to go.
{ head; difference; plans; } >"$out/review.md"
if [ "$(wc -c <"$out/review.md")" -gt 60000 ]; then
  { head; difference; } >"$out/review.md"
fi
if [ "$(wc -c <"$out/review.md")" -gt 60000 ]; then
  mv "$out/review.md" "$out/review-in-full.md"
  { head; echo 'The rest is too long for a comment: `review-in-full.md` is beside the results of this job.'; } >"$out/review.md"
fi
if [ "$code" -eq 0 ]; then code=$tested; fi
if [ "$code" -eq 0 ] && [ "$compared" -ne 0 ] && [ "$compared" -ne 3 ]; then code=$compared; fi
exit "$code"
