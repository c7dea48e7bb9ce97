# The programs that are built from Go modules for the tests and benchmarks; sourced by ./dev.
#
# Each directory under e2e/tools with a go.mod is one set of tools with versions of its own. A set is built once for
# each content of its files and each way to build it into $GANTRY_CACHE/tools/<set>-<hash>/bin; GANTRY_TOOLS is the search
# path of those built.

readonly go_toolchain=1.26.8
readonly go_least=1.26.6

go_version() { GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null | sed 's/^go//'; }

# need_go: sets go to a Go that is new enough; where the system's is older, it fetches the toolchain as the Go module
# that it is.
need_go() {
    local system found
    export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOWORK=off
    system=$(command -v go || true)
    [ -n "$system" ] || { [ -x /usr/local/go/bin/go ] && system=/usr/local/go/bin/go; }
    [ -n "$system" ] || die "find go: it is not in PATH" "apt-get install golang-go"
    found=$(go_version "$system")
    if [ -n "$found" ] && [ "$(printf '%s\n' "$go_least" "$found" | sort -V | head -n 1)" = "$go_least" ]; then
        go=$system
        return
    fi
    local home=$GANTRY_CACHE/tools/go-$go_toolchain arch=amd64
    [ "$(uname -m)" != aarch64 ] || arch=arm64
    go=$home/bin/go
    if [ ! -x "$go" ]; then
        say "fetching the Go toolchain $go_toolchain as a Go module (the system's Go is ${found:-older})"
        fetch_go "$system" "golang.org/toolchain@v0.0.1-go$go_toolchain.linux-$arch" "$home"
    fi
    export PATH=$home/bin:$PATH GOROOT=$home
}

fetch_go() {
    local system=$1 module=$2 home=$3 work fetched
    mkdir -p "$GANTRY_CACHE/tools"
    work=$(mktemp -d "$GANTRY_CACHE/tools/.go-XXXXXX")
    printf 'module fetch\n' >"$work/go.mod"
    fetched=$(cd "$work" && GOFLAGS=-mod=mod "$system" mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
    [ -d "$fetched" ] || die "fetch $module: the module did not come" "is the Go module proxy reachable (go env GOPROXY)?"
    cp -r "$fetched" "$work/go"
    # A module keeps no modes: directories writable, programs executable.
    chmod -R u+w "$work/go"
    chmod +x "$work/go/bin"/* "$work/go/pkg/tool"/*/*
    rm -rf "$home"
    mv "$work/go" "$home"
    rm -rf "$work"
}

# need_tools SET...: builds the sets that the cache lacks and sets GANTRY_TOOLS and PATH.
need_tools() {
    local set key target path=''
    for set in "$@"; do
        key=$(tools_key "$set")
        target=$GANTRY_CACHE/tools/$set-$key
        if [ ! -d "$target/bin" ]; then
            need_go
            say "building $(tool_names "$set") from Go modules (once; kept in $target)"
            build_tools "$set" "$target"
        fi
        path=$path${path:+:}$target/bin
        # For tests that are started without ./dev.
        mkdir -p "$GANTRY_CACHE/tools/latest"
        ln -sfn "$target" "$GANTRY_CACHE/tools/latest/$set"
    done
    export GANTRY_TOOLS=$path
}

# tools_key SET: what the built tools depend on. The rest of this file may change without another build of the kubelet.
tools_key() {
    local files
    mapfile -t files < <(find "e2e/tools/$1" -type f)
    {
        hash_of "${files[@]}"
        declare -f go_build "build_$1"
    } | sha256sum | cut -c1-16
}

tool_names() {
    case $1 in
        cri-tools) printf 'crictl and critest' ;;
        nri) printf 'an NRI plugin for tests' ;;
        runc) printf 'runc' ;;
        containerd) printf 'containerd and its shim' ;;
        cri) printf 'the density benchmark and the CRI descriptor dump' ;;
        kubernetes) printf 'kubelet and kube-apiserver (six minutes on two cores)' ;;
        kubelet-client) printf "a client of the kubelet's API and a server for gRPC probes" ;;
    esac
}

build_tools() {
    local set=$1 target=$2 work
    work=$(mktemp -d "$GANTRY_CACHE/tools/.$set-XXXXXX")
    mkdir "$work/bin"
    (
        cd "e2e/tools/$set"
        "build_$set" "$work/bin/"
    )
    chmod 755 "$work"
    rm -rf "$target"
    mv "$work" "$target"
}

go_build() { quietly "$GANTRY_CACHE/logs/go-build.log" nice "$go" build -trimpath "$@"; }

build_cri-tools() {
    go_build -o "$1" sigs.k8s.io/cri-tools/cmd/crictl
    quietly "$GANTRY_CACHE/logs/go-build.log" nice "$go" test -c -trimpath -o "$1/critest" sigs.k8s.io/cri-tools/cmd/critest
}

build_runc() { CGO_ENABLED=1 go_build -tags seccomp -o "$1" github.com/opencontainers/runc; }

build_containerd() {
    CGO_ENABLED=0 go_build -o "$1" github.com/containerd/containerd/v2/cmd/containerd \
        github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2
}

build_nri() { CGO_ENABLED=0 go_build -o "$1" ./...; }

# The version is what a release build would say. etcd is Debian's, unpacked: installed it would start a service.
build_kubernetes() {
    local version etcd
    version=$(sed -n 's,^.*k8s.io/kubernetes \(v[0-9.]*\).*,\1,p' go.mod)
    CGO_ENABLED=1 go_build -p 2 -o "$1" -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version \
        -X k8s.io/client-go/pkg/version.gitVersion=$version" \
        k8s.io/kubernetes/cmd/kubelet k8s.io/kubernetes/cmd/kube-apiserver
    etcd=$(mktemp -d "$GANTRY_CACHE/.etcd-XXXXXX")
    unpack_packages "$etcd" etcd-server
    cp "$etcd/usr/bin/etcd" "$1"
    rm -rf "$etcd"
}

build_kubelet-client() { CGO_ENABLED=0 go_build -o "$1" ./...; }

build_cri() { CGO_ENABLED=0 go_build -o "$1" ./...; }

# tool NAME: the path of a program among the built tools.
tool() {
    local directory
    while IFS= read -r -d : directory; do
        if [ -x "$directory/$1" ]; then
            printf '%s\n' "$directory/$1"
            return
        fi
    done <<<"$GANTRY_TOOLS:"
    die "find $1: it is not among the built tools ($GANTRY_TOOLS)"
}
