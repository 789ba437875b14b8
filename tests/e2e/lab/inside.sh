# For scripts that source it before anything else: runs the script again as root in network and mount
# namespaces of its own. Leaves `bin`, the programs' directory, and `work`, one for this run, which its cleanup removes.
if [ "${1:-}" != --inside ]; then
  [ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
  exec unshare --net --mount -- "$0" --inside "$(realpath "$1")"
fi
bin=$2
work=$(mktemp -d)
