#!/usr/bin/env bash
# A planner at a shell, with `tq` alone: gives the work out, decides what it is asked, waits for the end. A hub that is away
# (exit code 7) is called again; a key makes the repeat harmless.
set -euo pipefail
export AGENT_NAME=planner

again() {
  local code
  while true; do
    code=0
    "$@" || code=$?
    [ "$code" = 7 ] || return "$code"
    sleep 0.5
  done
}

builds=()
for part in 1 2 3 4 5 6; do
  builds+=("$(again tq add "Build part $part" --type build --input "{\"part\": $part}" --key "build-$part" -q)")
done
reviews=()
for part in 1 3 5; do
  reviews+=("$(again tq add "Review part $part" --type review --after "${builds[$((part - 1))]}" --key "review-$part" -q)")
done
all=$(IFS=,; echo "${builds[*]},${reviews[*]}")
deploy=$(again tq add 'Deploy' --type deploy --after "$all" --key deploy -q)
again tq send '*' 'We ship today.' --key ship -q >/dev/null
echo "gives out ${#builds[@]} builds, ${#reviews[@]} reviews and a deployment"

# The deployment asks before it begins.
until request=$(again tq approve -q) && [ -n "$request" ]; do sleep 0.3; done
again tq approve "$request" --comment 'go on' >/dev/null
echo "approves request $request"
if tq approve "$request" --reject 2>/dev/null; then exit 1; fi
echo 'cannot decide it twice'

until [ "$(again tq show "$deploy" --json | jq -r .status)" = DONE ]; do sleep 0.3; done
again tq inbox --json | jq -r '.[] | "reads message \(.id) of \(.from): \(.content)"'
again tq read --all -q >/dev/null
echo "is done: $(again tq inbox -q | wc -l) unread"
