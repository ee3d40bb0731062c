# shellcheck shell=sh
# Runs pytest for ops/check (POSIX sh, sourced after _common.sh): a few tests that failed run once more, alone.
# The caller sets python, words (a folder of its own), fail_rerun (not empty: to pass only alone is a failure).
# shellcheck disable=SC2154 # it is the caller who sets these

limit=
command -v timeout >/dev/null 2>&1 && limit='timeout -k 60 2400'
# where pytest keeps them, for `pytest --last-failed` too
last_failed=.pytest_cache/v/cache/lastfailed
# more than these did not fail by chance
most_again=5

# failed_tests: prints the tests that failed in the last run, a line each
failed_tests() {
    "$python" - "$last_failed" <<'EOF'
import json, pathlib, sys
kept = pathlib.Path(sys.argv[1])
print(*json.loads(kept.read_text("utf-8")) if kept.exists() else (), sep="\n", end="")
EOF
}

# stops_early ARG…: whether pytest leaves tests out after a failure; of those nobody would know
stops_early() {
    for word in "$@"; do
        case $word in -x | -[qsv]*x | --exitfirst | --maxfail* | --stepwise* | --sw*) return 0 ;; esac
    done
    return 1
}

# run_tests ARG…: pytest on all processors; 0 if each test passed, beside the others or then alone
run_tests() {
    rm -f -- "$last_failed" # what failed in an earlier run is not ours
    # shellcheck disable=SC2086 # limit is a list of words
    $limit "$python" -m pytest -n auto --dist worksteal "$@" && return 0 || status=$?
    [ "$status" -eq 1 ] || return "$status" # 1: tests failed; anything else is no run that came to its end
    ! stops_early "$@" || return 1
    failed_tests >"$words/beside"
    count=$(grep -c . "$words/beside") || :
    [ "$count" -ge 1 ] && [ "$count" -le "$most_again" ] || return 1

    say "once more, alone: $count of the tests failed"
    # shellcheck disable=SC2086
    $limit "$python" -m pytest "$@" --last-failed --last-failed-no-failures none -n 0 \
        && status=0 || status=$?
    # nothing of it counts unless pytest came to its end: 0, or 1 with the names of what failed again
    [ "$status" -le 1 ] || return "$status"
    failed_tests >"$words/again"
    grep -vxF -f "$words/again" "$words/beside" >"$words/alone" || [ $? -eq 1 ] || return 1
    if [ -s "$words/alone" ]; then
        say '****************************************************************'
        say 'These failed beside the others and passed alone. Look into them: a race or a deadline.'
        while read -r test; do say "    $test"; done <"$words/alone"
        say '****************************************************************'
        [ -z "$fail_rerun" ] || return 1
    fi
    return "$status"
}
