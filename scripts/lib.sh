# What scripts/serve, scripts/test and the Dockerfile share; sourced by bash.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Installs what scripts/packages lists and is not there yet. Silent when nothing is missing.
install_packages() {
  command -v dpkg-query >/dev/null || return 0  # not Debian: CMake names what it misses
  local wanted missing=() name sudo=
  wanted=$(grep -v '^#' "$top/scripts/packages")
  for name in $wanted; do
    [[ $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) == *' installed' ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || sudo=sudo
  echo "installing ${missing[*]}" >&2
  quietly $sudo env DEBIAN_FRONTEND=noninteractive apt-get update
  quietly $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    "${missing[@]}"
}

# Runs a command; shows what it printed only when it fails.
quietly() {
  local output status=0
  output=$("$@" 2>&1) || status=$?
  ((status == 0)) || printf '%s\n' "$output" >&2
  return "$status"
}

# build FOLDER TARGET...: configures (Release) and builds.
build() {
  local folder=$1
  shift
  [[ -e $folder/CMakeCache.txt ]] || echo "building in $folder (a few minutes the first time)" >&2
  quietly cmake -S "$top" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE="${BUILD_TYPE:-Release}"
  quietly cmake --build "$folder" --target "$@"
}
