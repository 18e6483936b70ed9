# Sourced by the scripts beside it: starts `sortie sandbox` on a free port, ends it with the script, and says where it is.
#
# Sets: URL, TOKEN, CLIENT_ID, CLIENT_SECRET, SANDBOX_USER, PASSWORD (exported), and WORK, a folder that ends with the
# script. SORTIE names another binary than the one that is built here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

if [[ -z ${SORTIE:-} ]]; then
  cargo build --quiet
  SORTIE=target/debug/sortie
fi

WORK=$(mktemp -d)
"$SORTIE" sandbox --format json --world crates/orchestrator-sandbox/clients/world.yaml >"$WORK/announcement" &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true; rm -rf "$WORK"' EXIT
until [[ -s $WORK/announcement ]]; do
  kill -0 "$sandbox" 2>/dev/null || { echo "the sandbox did not start" >&2; exit 1; }
  sleep 0.1
done

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$WORK/announcement"; }
URL=$(field url) TOKEN=$(field token) CLIENT_ID=$(field client-id) CLIENT_SECRET=$(field client-secret)
SANDBOX_USER=$(field user) PASSWORD=$(field password)
export URL TOKEN CLIENT_ID CLIENT_SECRET SANDBOX_USER PASSWORD
