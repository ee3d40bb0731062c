# shellcheck shell=sh
# Shared by ops/demo and ops/check (POSIX sh, sourced): a Python, an environment of our own, system packages.
# Everything here is idempotent: what is in place is found in a moment and left as it is.

set -eu
unset PYTHONHOME PYTHONPATH CDPATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1

root=$(cd -- "$(dirname -- "$0")/.." && pwd -P)

say() { printf 'pydb: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# command that runs as root before a package is installed
before_install=

# admin_line PACKAGE…: the one line that an administrator types
admin_line() {
    if command -v apt-get >/dev/null 2>&1; then
        printf "sudo sh -c 'apt-get update && %sapt-get install -y --no-install-recommends %s'\n" \
            "${before_install:+$before_install && }" "$*"
    else
        printf 'install with the package manager of this system: %s\n' "$*"
    fi
}

# how we may act as root: nothing when we are, sudo when it asks no password; fails otherwise
privilege() {
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && echo 'sudo -n'
}

# apt_install PACKAGE…: installs, or prints the one line for an administrator and ends the script
apt_install() {
    if ! command -v apt-get >/dev/null 2>&1 || ! as_root=$(privilege); then
        say "missing: $*. An administrator must run this line, then start this command again:"
        admin_line "$@" >&2
        exit 1
    fi
    say "installing $* (apt)"
    log=$(mktemp)
    apt="env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300"
    keep="-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
    # shellcheck disable=SC2086 # as_root, apt and keep are lists of words
    if $as_root $apt update >"$log" 2>&1 && $as_root sh -c "${before_install:-:}" >>"$log" 2>&1 &&
        $as_root $apt $keep install --no-install-recommends "$@" >>"$log" 2>&1; then
        rm -f -- "$log"
    else
        cat -- "$log" >&2
        rm -f -- "$log"
        die "apt could not install $*"
    fi
}

usable_python() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# sets $python: a Python of at least 3.11 that can make environments
find_python() {
    for python in ${PYDB_PYTHON:+"$PYDB_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        usable_python "$python" && return 0
    done
    return 1
}

need_python() {
    find_python && return 0
    for version in 14 13 12 11; do
        # a Python of the right age that lacks Debian's venv package needs that package alone
        if "python3.$version" -c '' >/dev/null 2>&1 && [ -x "/usr/bin/python3.$version" ]; then
            apt_install "python3.$version-venv"
            find_python && return 0
        fi
    done
    apt_install python3 python3-venv
    find_python && return 0
    for version in 13 12 11; do # a release whose python3 is older may carry a newer one beside it
        if apt-cache show "python3.$version-venv" >/dev/null 2>&1; then
            apt_install "python3.$version" "python3.$version-venv"
            find_python && return 0
        fi
    done
    die 'Python 3.11 or newer is needed; name one by PYDB_PYTHON=/path/to/python3'
}

# env_dir NAME: where an environment lives: in the checkout, or below the cache directory if that is not ours to write
env_dir() {
    if [ -w "$root/$1" ] || { [ ! -e "$root/$1" ] && [ -w "$root" ]; }; then
        printf '%s' "$root/$1"
    else
        key=$(printf '%s' "$root" | cksum | cut -d ' ' -f 1)
        printf '%s' "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/pydb/$key$1"
    fi
}

# install_into_env PIP_ARGUMENT…: by uv, in a fifth of the time, or by pip: where uv cannot, or where pip has been told to
# look elsewhere than on PyPI, of which uv does not know
install_into_env() {
    case " $* " in *' --no-index '*) uv= ;; *) uv=$env/.uv ;; esac
    if "$env/bin/python" -m pip config list | grep -Eq '[.](index-url|no-index)='; then uv=; fi
    if [ -n "$uv" ] && "$env/bin/python" -m pip install -qq --only-binary :all: uv 2>/dev/null \
        && "$env/bin/python" -m uv pip install -q --compile-bytecode --cache-dir "$uv" --python "$env/bin/python" \
            "$@" 2>/dev/null; then
        rm -rf -- "$uv"
    else
        rm -rf -- "$env/.uv"
        "$env/bin/python" -m pip install -qq "$@"
    fi
}

# make_env NAME STAMP PIP_ARGUMENT…: sets $env; installs unless the stamp, written last, says that all of it is there
make_env() {
    env=$(env_dir "$1")
    stamp=$env/.installed-$2
    shift 2
    wanted="$root $* $(cksum <"$root/pyproject.toml")"
    [ -x "$env/bin/python" ] && [ -f "$stamp" ] && [ "$(cat -- "$stamp")" = "$wanted" ] && return 0
    need_python
    mkdir -p -- "$(dirname -- "$env")" || die "cannot write below $(dirname -- "$env"); set XDG_CACHE_HOME"
    exec 9>"$env.lock"
    if command -v flock >/dev/null 2>&1; then flock 9; fi # another start may be at it
    if [ ! -f "$stamp" ] || [ "$(cat -- "$stamp")" != "$wanted" ]; then
        say "making the Python environment $env (once, some ten seconds)"
        if [ -e "$env/.installing" ] || ! "$env/bin/python" -c '' 2>/dev/null; then
            "$python" -m venv --clear -- "$env" # nothing there, or what an interrupted start left
        fi
        : >"$env/.installing"
        (cd -- "$root" && install_into_env "$@" 9>&-) || die 'pip failed; see its words above'
        rm -f -- "$env/.installing"
        printf '%s\n' "$wanted" >"$stamp"
    fi
    exec 9>&-
}
