#!/bin/sh
# Installs one version of sortie: the archive of its release, checked by its sum.
#
#   SORTIE_VERSION   the version [default: the one that this file came with]
#   SORTIE_SHA256    the archive's sum, where it should be no other; else that of the release's SHA256SUMS counts
#   SORTIE_BIN       the folder for the program [default: ~/.local/bin]
set -eu
version=${SORTIE_VERSION:-0.1.0}
bin=${SORTIE_BIN:-$HOME/.local/bin}
case $version in
  *[!0-9.]* | '') echo "error: SORTIE_VERSION is not a version" >&2; exit 3 ;;
esac
case $(uname -s)-$(uname -m) in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  *) echo "error: there is no archive for this machine" >&2; exit 1 ;;
esac
name=sortie-v$version-$target
from=https://github.com/sortie-rs/sortie/releases/download/v$version
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
curl -fsSL --proto '=https' -o "$folder/$name.tar.gz" "$from/$name.tar.gz"
sum=${SORTIE_SHA256:-}
if [ -z "$sum" ]; then
  curl -fsSL --proto '=https' -o "$folder/SHA256SUMS" "$from/SHA256SUMS"
  sum=$(awk -v file="$name.tar.gz" '$2 == file || $2 == "*" file { print $1 }' "$folder/SHA256SUMS")
fi
if command -v sha256sum >/dev/null; then
  is=$(sha256sum "$folder/$name.tar.gz")
else
  is=$(shasum -a 256 "$folder/$name.tar.gz")
fi
if [ -z "$sum" ] || [ "${is%% *}" != "$sum" ]; then
  echo "error: the archive has another sum than its release says" >&2
  exit 1
fi
tar -xzf "$folder/$name.tar.gz" -C "$folder"
mkdir -p "$bin"
cp "$folder/$name/sortie" "$bin/sortie"
chmod 755 "$bin/sortie"
if [ -n "${GITHUB_PATH:-}" ]; then
  printf '%s\n' "$bin" >>"$GITHUB_PATH"
fi
