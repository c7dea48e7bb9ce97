# Progress lines, errors and the places of things; sourced by ./dev.

# Everything that is fetched or built for the tools stays here, outside of the tree.
GANTRY_CACHE=${GANTRY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gantry}
export GANTRY_CACHE

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    readonly bold=$'\033[1m' red=$'\033[31m' plain=$'\033[0m'
else
    readonly bold='' red='' plain=''
fi

# say TEXT: one line of progress.
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }

# note TEXT: a detail under the last progress line.
note() { printf '    %s\n' "$*"; }

# die PROBLEM [REMEDY]: ends the command. PROBLEM reads "action subject: what is wrong".
die() {
    printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
    if [ $# -gt 1 ]; then
        printf '       %s\n' "$2" >&2
    fi
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# quietly LOG COMMAND...: runs it with its output in LOG, which is shown when it fails. Says how far it is.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" 2>&1 | tee "$log" | show_progress; then
        # Maven says what is wrong first and much else after it.
        if ! grep -m 40 '^\[ERROR\]' "$log" >&2; then
            tail -n 40 "$log" >&2
        fi
        die "run $*: it failed" "the whole output is in $log"
    fi
}

# show_progress: reads the output of Maven, apt-get or another program; prints each module that Maven reaches, how much apt-get
# fetches, and a sign of life in between, all with the seconds since the start.
show_progress() {
    local line began=$SECONDS said=$SECONDS status doing='' unpacked=0 ready=0 packages=''
    while :; do
        status=0
        IFS= read -r -t 10 line || status=$?
        if [ $status -gt 128 ]; then
            line=''
        elif [ $status != 0 ]; then
            return 0
        fi
        if [[ $line =~ ^\[INFO\]\ Building\ (.*)\ [^\ ]+\ +\[([0-9]+)/([0-9]+)\] ]]; then
            doing="module ${BASH_REMATCH[2]} of ${BASH_REMATCH[3]}: ${BASH_REMATCH[1]}"
        elif [[ $line =~ ^[0-9]+\ upgraded,\ ([0-9]+)\ newly ]]; then
            packages=${BASH_REMATCH[1]}
            continue
        elif [[ $line =~ ^Need\ to\ get\ ([^ ]+\ [^ ]+) ]]; then
            doing="${packages:-some} packages, ${BASH_REMATCH[1]}"
        else
            case $line in
                'Unpacking '*) unpacked=$((unpacked + 1)) ;;
                'Setting up '*) ready=$((ready + 1)) ;;
            esac
            [ $((SECONDS - said)) -ge 20 ] || continue
            [ $unpacked = 0 ] || doing="$unpacked of ${packages:-some} packages unpacked, $ready set up"
        fi
        note "$(printf '%4d s' $((SECONDS - began)))  ${doing:-still at it}"
        said=$SECONDS
    done
}

# exclusively NAME WHAT: holds a lock until this command ends, so that two of them never meet.
exclusively() {
    mkdir -p "$GANTRY_CACHE/locks"
    exec 9>>"$GANTRY_CACHE/locks/$1"
    if ! flock -n 9; then
        die "start $2: another one is running (process $(cat "$GANTRY_CACHE/locks/$1" 2>/dev/null || echo unknown))" \
            "wait for it to end; two at once would share ports and caches"
    fi
    # The file holds the pid for the message above; the lock itself is the open descriptor.
    printf '%s\n' $$ >"$GANTRY_CACHE/locks/$1"
}

# hash_of FILE...: one short name for the content of these files.
hash_of() { sort -z < <(printf '%s\0' "$@") | xargs -0 sha256sum | sha256sum | cut -c1-16; }

# debian_mirror: prints where this machine's own apt finds Debian; fails where it is not set up for Debian.
debian_mirror() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
        sed -n 's,/* [a-z]*$,,p' | head -n 1)
    [ -n "$uri" ] && printf '%s\n' "$uri"
}
