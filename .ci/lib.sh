# Functions of the gate. Sourced by .ci/run and .ci/nightly.

started=$SECONDS
step() { printf '\n== %s (%d s) ==\n' "$1" "$((SECONDS - started))"; }
fail() { printf '%s\n' "$1" >&2; exit 1; }

# install_packages NAME… installs the Debian packages that are missing.
install_packages() {
  local missing=()
  for name in "$@"; do dpkg -s "$name" >/dev/null 2>&1 || missing+=("$name"); done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# install_node installs Node when there is none, for the second client.
install_node() { command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm; }

# fresh DIR… fails when generating left a difference to what is committed.
fresh() {
  local changed
  changed=$(git status --porcelain -- "$@")
  [ -z "$changed" ] || fail "generated code is stale; run make proto pages and commit: $changed"
}

# golden fails when a stored event's golden file was changed or removed since
# the commit before (or BASE): golden files are added, never changed.
golden() {
  local base=${BASE:-} changed
  [ -n "$base" ] || base=$(git rev-parse -q --verify HEAD~1 || true)
  [ -n "$base" ] || return 0
  changed=$(git diff --name-only --diff-filter=MDR "$base" -- 'services/*/testdata/*.v1.*.json' 'gateway/identity/testdata/*.v1.*.json' 'internal/es/testdata/*.json')
  [ -z "$changed" ] || fail "golden files are added, never changed: $changed"
}

# breaking compares the contracts with those of the commit before (or BASE):
# events are for ever. One folder holds one module, so that buf can compare.
breaking() {
  local base=${BASE:-}
  [ -n "$base" ] || base=$(git rev-parse -q --verify HEAD~1 || true)
  [ -n "$base" ] && git cat-file -e "$base:proto" 2>/dev/null || return 0
  local dir
  dir=$(mktemp -d)
  mkdir "$dir/new" "$dir/old"
  cp -r third_party/. proto/. "$dir/new"
  cp -r third_party/. "$dir/old"
  git archive "$base" proto | tar -x -C "$dir/old" --strip-components=1
  printf 'version: v2\nbreaking:\n  use: [PACKAGE]\n  ignore: [google, buf]\n' | tee "$dir/new/buf.yaml" >"$dir/old/buf.yaml"
  bin/buf breaking "$dir/new" --against "$dir/old"
  rm -rf "$dir"
}

# start_postgres runs a throw-away server and exports SHIYANG_TEST_POSTGRES.
start_postgres() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
  pg_dir=$(mktemp -d)
  pg_port=$((20000 + RANDOM % 20000))
  pg_as=()
  if [ "$(id -u)" = 0 ]; then
    chown postgres "$pg_dir"
    pg_as=(setpriv --reuid postgres --regid postgres --init-groups)
  fi
  (cd /tmp && "${pg_as[@]}" "$bin/initdb" -D "$pg_dir/data" -U shiyang -A trust -E UTF8 --locale C.UTF-8 >/dev/null)
  (cd /tmp && "${pg_as[@]}" "$bin/pg_ctl" -D "$pg_dir/data" -w -l "$pg_dir/log" \
    -o "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$pg_dir -c fsync=off -c max_connections=200" start >/dev/null)
  pg_stop=("${pg_as[@]}" "$bin/pg_ctl" -D "$pg_dir/data" -m immediate stop)
  trap stop_postgres EXIT
  export SHIYANG_TEST_POSTGRES="postgres://shiyang@127.0.0.1:$pg_port/postgres?sslmode=disable"
}

stop_postgres() {
  [ -n "${pg_dir:-}" ] || return 0
  (cd /tmp && "${pg_stop[@]}" >/dev/null 2>&1) || true
  rm -rf "$pg_dir"
  pg_dir=
  unset SHIYANG_TEST_POSTGRES
}
