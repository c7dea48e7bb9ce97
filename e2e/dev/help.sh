# The help texts; sourced by ./dev.

help_about() {
    case ${1:-} in
        '')
            cat <<'TEXT'
Usage: ./dev COMMAND [ARGUMENTS]

  run        build and start Gantry on this machine and run a first pod
  stop       end what run started and remove all of it
  test       run every test this machine can run, with a summary of what was skipped
  test-node  run what needs systemd, cgroup v2, AppArmor or a reboot in an emulated machine
  build      build the program tree deploy/target/gantry
  reproduce  build twice and compare the bytes
  bench      measure Gantry beside containerd on this machine
  help       this text; ./dev help COMMAND says more

What is missing is installed with apt (Debian 12 or 13, Ubuntu 24.04); each package is named with its reason first. Debian 12
has no JDK 25: that of Debian 13 is unpacked into the cache there, with its C library, from the mirror that apt uses.
Downloads and tools are kept in ${GANTRY_CACHE:-~/.cache/gantry}.
TEXT
            ;;
        run)
            cat <<'TEXT'
Usage: sudo ./dev run

Builds Gantry where needed, starts it on a configuration of its own, runs a first pod through crictl, shows its log
and a command run inside it, and says what to try next. Nothing of the host's other runtimes is touched:

  socket, state, namespaces   /run/gantry-dev
  images, records             /var/lib/gantry-dev      (GANTRY_DEV_ROOT names another directory)
  network                     bridge gantrydev0 with a free subnet, own conflist, own address leases
  images for the pod          made here from Debian packages, served by a registry on 127.0.0.1

Run it again to rebuild, restart the daemon and renew the pod. ./dev stop removes it all.
TEXT
            ;;
        stop)
            cat <<'TEXT'
Usage: sudo ./dev stop

Stops the pods, the daemon and the registry that ./dev run started, removes their directories, bridge and cgroup, and
then looks whether a mount, namespace, process, cgroup, bridge or iptables rule is left. Fails when one is. The caches
stay.
TEXT
            ;;
        test)
            cat <<'TEXT'
Usage: sudo ./dev test [-- MAVEN ARGUMENTS]

Installs what the tests need, builds everything and runs the unit tests and the end-to-end tests. Ends with the tests
of each module, every skipped test with its reason, and the line "N passed, N failed, N skipped". The exit status is 0
only when tests ran and none failed. Two runs at once are refused.

What follows -- goes to Maven, for instance a filter:

  ./dev test -- -pl platform -am -Dtest='Rollback*'
  ./dev test -- -Dtest=NoUnitTest -Dit.test=CrictlSmokeIT
  ./dev test -- -Dtest=NoUnitTest -Dit.test=CritestIT -Dgantry.e2e.runtime=containerd

The last one runs the same test against containerd (build it first with ./dev bench tools).
TEXT
            ;;
        test-node)
            cat <<'TEXT'
Usage: sudo ./dev test-node [--handler crun|runc] [--focus REGEX] [--skip REGEX] [--limit MINUTES] [--keep] [SUITE...]

Boots a Debian machine under QEMU's emulation (systemd, cgroup v2, AppArmor; x86_64 only), installs deploy/target/gantry
in it as a package would, with the shipped unit and example network, and runs the suites (all of them by default):

  daemon    the unit: readiness, restart, stop, kill, watchdog, with pods that stay
  limits    cgroups under the systemd driver: limits, updates, OOM, statistics; once for each handler
  reboot    pods across an orderly reboot and a power cut
  critest   the CRI validation suite, first AppArmor's specs, then all others; once for each handler

--handler runs only one of crun and runc. --focus and --skip choose specs of critest; --limit (240) ends each part of it
after so many minutes and lists what did not run. --keep leaves the machine running (e2e/node/box exec 'crictl pods',
e2e/node/box stop). Reports and logs are in e2e/target/node. Emulation is slow: a run of everything takes hours. The exit
status is 0 only when tests ran and none failed.
TEXT
            ;;
        build)
            cat <<'TEXT'
Usage: ./dev build

Compiles everything without running tests and leaves the program tree in deploy/target/gantry. Needs root only when a
package has to be installed.
TEXT
            ;;
        reproduce)
            cat <<'TEXT'
Usage: ./dev reproduce

Builds what is committed twice, in two directories with other umasks and time zones, and compares the jars, the pause
program and the archive of the program tree byte by byte. Takes as long as two builds. The AOT cache is not compared: it
is recorded from a daemon at work, and is in an archive of its own.
TEXT
            ;;
        bench)
            cat <<'TEXT'
Usage: sudo ./dev bench density [PODS]
       sudo ./dev bench pull [--many] [--rounds N] [--only gzip|zstd|one|small] [RUNTIME...]
       sudo ./dev bench tools

density   runs PODS (60) pods of one container on Gantry and on a containerd built from its Go module, pod by pod in
          turn, with the same runc, network plugins and registry, and prints the medians, their ratios and the memory
          (PSS) of the daemons and monitors.
pull      pulls the same images with Gantry and with containerd in turn, from one registry on loopback onto an empty
          store: gzip and zstd in five layers, one large layer, many small files; prints medians, ratios, CPU seconds,
          peak memory and disk used, and leaves all figures in e2e/target/bench-pull.json. --many pulls sixteen images
          of 1 GiB together at once. --rounds says how often (3), --only which image, RUNTIME which of gantry,
          gantry-spool (that keeps layers under way, images.spool) and containerd; ratios are to the last.
tools     only builds what the benchmarks need.
TEXT
            ;;
        help) printf 'Usage: ./dev help [COMMAND]\n' ;;
        *) die "explain $1: there is no such command" "./dev help lists the commands" ;;
    esac
}
