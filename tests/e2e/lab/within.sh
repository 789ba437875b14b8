# For scripts that source it: they have `work`, a directory of their own, and `fail WHAT`, which ends them.

# WHAT SECONDS COMMAND...: until the command succeeds.
within() {
  local what=$1 tenths=$(($2 * 10))
  shift 2
  until "$@" > "$work/said" 2>&1; do
    tenths=$((tenths - 1))
    [ "$tenths" -gt 0 ] || fail "$what: $(cat "$work/said")"
    sleep 0.1
  done
  echo "ok   $what"
}
