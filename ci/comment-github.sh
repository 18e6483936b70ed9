#!/bin/sh
# Puts review.md into the pull request: into sortie's comment where there is one, else as a new one.
#
#   GH_TOKEN, GITHUB_REPOSITORY, PR_NUMBER; SORTIE_OUT [default: sortie-review]
set -eu
file=${SORTIE_OUT:-sortie-review}/review.md
case ${PR_NUMBER:-} in
  '' | *[!0-9]*) echo "error: PR_NUMBER is not a number" >&2; exit 3 ;;
esac
# It may come from a fork's job: a plain file of bounded size, and no more.
if [ -L "${file%/*}" ] || [ -L "$file" ] || [ ! -f "$file" ] || [ "$(wc -c <"$file")" -gt 65000 ]; then
  echo "error: review.md is not there, or not what sortie writes" >&2
  exit 3
fi
comments=repos/$GITHUB_REPOSITORY/issues/$PR_NUMBER/comments
# Only a bot's own comment is replaced: anybody can write the mark.
id=$(gh api --paginate "$comments" \
  --jq '.[] | select(.user.type == "Bot" and (.body | startswith("<!-- sortie-review -->"))) | .id' | head -n 1)
case $id in
  '') gh api --method POST "$comments" -F "body=@$file" --silent ;;
  *[!0-9]*) echo "error: the comment's id is not a number" >&2; exit 1 ;;
  *) gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$file" --silent ;;
esac
