#!/usr/bin/env bash
# A site leaves nothing behind: not when its command ends, not on Ctrl-C, not when it is killed.
#   site_gone.sh SITE
set -euo pipefail
set -m  # a background job then hears SIGINT, as in a terminal
site=$1
"$site" check || { echo "skipped: no site here"; exit 77; }
mark=colony-site-$$-$RANDOM
# COMMAND leaves a daemon of its own behind, marked in its arguments, and says when the site stands.
command='"$SITE" rack sh -c "sleep 600 # '$mark'" & echo "$SITE_DIR" > '$mark'.dir; mv '$mark'.dir '$mark'.up; '
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
left() { pgrep -f "$mark" | grep -vxF "$$" || true; }
gone() {
  local dir end=$((SECONDS + 10))
  dir=$(cat "$mark.up")
  while [ -n "$(left)" ] || [ -e "$dir" ]; do
    [ "$SECONDS" -lt "$end" ] || { echo "$1: left behind: $(left) $(ls -d "$dir" 2> /dev/null)"; exit 1; }
    sleep 0.05
  done
  rm "$mark.up"
}

"$site" run bash -c "$command"
gone "after its end"

for signal in INT TERM; do
  "$site" run bash -c "$command wait" &
  pid=$!
  until [ -e "$mark.up" ]; do sleep 0.05; done
  kill -"$signal" "$pid"
  wait "$pid" || true
  gone "after SIG$signal"
done
status=0
"$site" run false || status=$?
[ "$status" -eq 1 ] || { echo "its command's exit code was lost: $status"; exit 1; }
echo "nothing left behind: ok"
