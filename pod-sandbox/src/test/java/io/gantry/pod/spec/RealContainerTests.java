package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Capabilities;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.storage.Json;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ContainerMount.Propagation;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.KeyValue;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.SecurityProfile;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.testing.RuntimeBed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Specifications run by the real runtime, looked at from inside the container. */
class RealContainerTests {
    private RuntimeBed bed;

    @BeforeEach
    void open() throws InterruptedException {
        bed = RuntimeBed.runc();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void ordinaryContainerHasTheDefaultCapabilitiesAndKernelFileSystems() throws Exception {
        RequestFixture request = bed.request("c1", """
                id -u; grep -E '^(CapEff|CapBnd|CapInh|CapAmb|Seccomp|NoNewPrivs):' /proc/self/status; echo $HOME $HOSTNAME
                echo x > /dev/shm/gantry-test-$$ && rm /dev/shm/gantry-test-$$ && echo shm
                touch /sys/x 2>/dev/null || echo sys-ro
                busybox mkdir $(test -d /sys/fs/cgroup/memory && echo /sys/fs/cgroup/memory/x || echo /sys/fs/cgroup/x) 2>/dev/null || echo cgroup-ro
                grep -E ' (/dev/pts|/dev/mqueue|/proc) ' /proc/mounts; ls /dev; pwd
                """);
        request.workingDirectory = "/made/by/runtime";
        String out = output(bed.run("c1", request));
        String mask = mask(CapabilitySets.DEFAULT);
        assertThat(out)
                .startsWith("0\n")
                .contains(
                        "CapInh:\t0000000000000000",
                        "CapEff:\t" + mask,
                        "CapBnd:\t" + mask,
                        "CapAmb:\t0000000000000000")
                .contains("NoNewPrivs:\t0", "Seccomp:\t0", "/root shop", "shm", "sys-ro", "cgroup-ro")
                .contains("devpts /dev/pts", "mqueue /dev/mqueue", "proc /proc proc")
                .contains("\nnull\n", "\nurandom\n", "\nptmx\n")
                .endsWith("/made/by/runtime\n");
    }

    @Test
    void userWithGroupsReadOnlyRootAndNoNewPrivileges() throws Exception {
        RequestFixture request = bed.request(
                "c1",
                "id -u; id -g; id -G; echo $HOME; grep NoNewPrivs /proc/self/status; touch /x || echo refused; env");
        request.runAsUserName = "web";
        request.supplementalGroups = List.of(2000L);
        request.readOnlyRootfs = true;
        request.noNewPrivileges = true;
        request.environment = List.of(new KeyValue("GREETING", "two words"));
        String out = output(bed.run("c1", request));
        assertThat(out)
                .startsWith("1000\n1001\n")
                .contains("\n/home/web\nNoNewPrivs:\t1\nrefused\n", "GREETING=two words\n");
        assertThat(List.of(groups(out).split(" ", -1))).containsExactlyInAnyOrder("1001", "63", "2000");
    }

    @Test
    void strictGroupsLeaveOutThoseOfTheImage() throws Exception {
        RequestFixture request = bed.request("c1", "id -G; id -u");
        request.runAsUser = 1000L;
        request.runAsGroup = 7L;
        request.supplementalGroups = List.of(9L);
        request.groupsPolicy = SupplementalGroupsPolicy.STRICT;
        assertThat(output(bed.run("c1", request))).isEqualTo("7 9\n1000\n");
    }

    @Test
    void defaultSeccompProfileRefusesNewNamespacesButLetsProgramsRun() throws Exception {
        RequestFixture request = bed.request(
                "c1",
                "grep Seccomp: /proc/self/status; unshare -U true 2>&1 || echo no-unshare; mount -t tmpfs none /tmp 2>&1"
                        + " || echo no-mount; echo a b | cat; chroot / true && echo chroot; (sleep 0 &) ; echo end");
        request.seccomp = new SecurityProfile.RuntimeDefault();
        assertThat(output(bed.run("c1", request)))
                .contains("Seccomp:\t2", "no-unshare", "no-mount", "a b", "chroot", "end");
    }

    @Test
    void sysAdminMayMakeNamespacesUnderTheDefaultProfile() throws Exception {
        RequestFixture request = bed.request("c1", "unshare -m true && echo unshared");
        request.seccomp = new SecurityProfile.RuntimeDefault();
        request.addCapabilities = List.of("SYS_ADMIN");
        assertThat(output(bed.run("c1", request))).isEqualTo("unshared\n");
    }

    @Test
    void localhostProfileInDockersFormIsApplied() throws Exception {
        Path profile = bed.directories().file("profile.json", """
                        {"defaultAction": "SCMP_ACT_ALLOW",
                         "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
                         "syscalls": [
                           {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "includes": {}, "excludes": {}},
                           {"names": ["unlink", "unlinkat"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_BOOT"]}}]}
                        """);
        RequestFixture request =
                bed.request("c1", "busybox mkdir /tmp/x 2>&1; touch /tmp/y && rm /tmp/y && echo removed");
        request.seccomp = new SecurityProfile.Localhost("localhost/" + profile);
        assertThat(output(bed.run("c1", request))).contains("Operation not permitted", "removed");
    }

    @Test
    void privilegedContainerHasAllThatTheDaemonHas() throws Exception {
        RequestFixture request = bed.request(
                "c1",
                "grep -E '^(CapEff|Seccomp):' /proc/self/status; mount -t tmpfs none /tmp && echo mounted; ls /dev;"
                        + " touch /sys/fs/cgroup/gantry-x 2>&1; grep ' /sys ' /proc/mounts; head -c 1 /dev/zero >/dev/null && echo zero");
        request.privileged = true;
        request.seccomp = new SecurityProfile.RuntimeDefault();
        String out = output(bed.run("c1", request));
        assertThat(out)
                .contains(
                        "CapEff:\t" + mask(Capabilities.ALL), "Seccomp:\t0", "mounted", "sysfs /sys sysfs rw", "zero");
        for (String device : List.of("kmsg", "loop-control", "fuse")) {
            if (Files.exists(Path.of("/dev", device))) {
                assertThat(out).contains("\n" + device + "\n");
            }
        }
    }

    @Test
    void aBaseSpecificationsLimitHoldsAndTheOthersAreAdded() throws Exception {
        bed.limit(new Rlimit(Rlimit.Resource.NOFILE, 256, 1024), new Rlimit(Rlimit.Resource.CORE, 0, 2048 << 10));
        String ask = "ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc";
        assertThat(output(bed.run("c1", bed.request("c1", ask)))).isEqualTo("256\n1024\n0\n4096\n");

        RequestFixture based = bed.request("c2", ask);
        based.baseSpec = (ObjectNode) Json.mapper().readTree("""
                        {"process": {"rlimits": [{"type": "RLIMIT_NOFILE", "hard": 900, "soft": 800}]}}
                        """);
        assertThat(output(bed.run("c2", based))).isEqualTo("800\n900\n0\n4096\n");
    }

    @Test
    void capabilitiesAreDroppedAddedAndAmbient() throws Exception {
        RequestFixture request = bed.request("c1", "grep -E '^Cap(Eff|Bnd|Amb|Inh):' /proc/self/status");
        request.runAsUser = 1000L;
        request.dropCapabilities = List.of("ALL");
        request.addCapabilities = List.of("NET_RAW");
        request.ambientCapabilities = List.of("CAP_CHOWN");
        assertThat(output(bed.run("c1", request)))
                .isEqualTo("CapInh:\t%1$s\nCapEff:\t%1$s\nCapBnd:\t%2$s\nCapAmb:\t%1$s\n"
                        .formatted(mask(List.of("CAP_CHOWN")), mask(List.of("CAP_CHOWN", "CAP_NET_RAW"))));
    }

    @Test
    void mountsAreReadOnlyWritableAndRecursivelyReadOnly() throws Exception {
        Path data = bed.directories().dir("data");
        Path below = bed.directories().dir("data/below");
        new Mounts(JnaSyscalls.instance()).tmpfs(below, "size=64k");
        String source = data.toString();
        RequestFixture request = bed.request(
                "c1",
                "touch /rw/a && echo rw; touch /ro/b 2>/dev/null || echo ro; touch /ro/below/c && echo below-rw; touch"
                        + " /rro/below/d 2>/dev/null || echo rro; grep ' /rw ' /proc/mounts; cat /etc/note");
        Path note = bed.directories().file("note", "noted\n");
        Path link = Files.createSymbolicLink(bed.directories().root().resolve("link"), note);
        request.mounts = List.of(
                new ContainerMount(
                        "/rw",
                        source,
                        false,
                        false,
                        Propagation.PRIVATE,
                        List.of(),
                        List.of(),
                        false,
                        null,
                        "",
                        List.of("noexec", "nosuid")),
                RequestFixture.mount("/ro", source, true, Propagation.PRIVATE),
                RequestFixture.mount("/etc/note", link.toString(), true, Propagation.PRIVATE),
                new ContainerMount(
                        "/rro",
                        source,
                        true,
                        false,
                        Propagation.PRIVATE,
                        List.of(),
                        List.of(),
                        true,
                        null,
                        "",
                        List.of()));
        Assumptions.assumeTrue(
                request.handler.recursiveReadOnly(), "needs a runtime with recursively read-only mounts");
        assertThat(output(bed.run("c1", request)))
                .startsWith("rw\nro\nbelow-rw\nrro\n")
                .containsPattern(" /rw \\S+ rw,nosuid,noexec")
                .endsWith("noted\n");
    }

    @Test
    void propagationNeedsASharedMountOnTheHost() throws Exception {
        Mounts mounts = new Mounts(JnaSyscalls.instance());
        Path data = bed.directories().dir("data");
        mounts.tmpfs(data, "size=64k");
        mounts.makePrivate(data, false);
        RequestFixture request = bed.request("c1", "mount -t tmpfs inner /data/inner && touch /data/inner/x");
        request.privileged = true;
        request.mounts = List.of(RequestFixture.mount("/data", data.toString(), false, Propagation.BIDIRECTIONAL));
        assertThatThrownBy(() -> bed.build(request))
                .isInstanceOf(GantryException.class)
                .hasMessage(
                        "create container web in pod default/shop: mount source %1$s lies on %1$s, which is not a shared"
                                        .formatted(data)
                                + " mount, so that propagation BIDIRECTIONAL cannot work; run 'mount --make-rshared "
                                + data
                                + "' on the node");
        mounts.makeShared(data, false);
        Files.createDirectory(data.resolve("inner"));
        output(bed.run("c1", request));
        assertThat(data.resolve("inner/x")).exists();
    }

    @Test
    void devicesAreThereAndAllowed() throws Exception {
        RequestFixture request = bed.request(
                "c1",
                "head -c 3 /dev/many/zero | busybox wc -c; echo x > /dev/nothing && echo written; mknod /tmp/kmsg c 1 11 && head -c 1"
                        + " /tmp/kmsg 2>&1 || echo denied");
        Path many = bed.directories().dir("many");
        JnaSyscalls.instance().mknodat(-100, many.resolve("zero").toString(), 0020666, 1, 5);
        request.devices = List.of(
                new ContainerDevice("/dev/many", many.toString(), "r"),
                new ContainerDevice("/dev/nothing", "/dev/null", "rw"));
        assertThat(output(bed.run("c1", request))).startsWith("3\nwritten\n").contains("denied");
    }

    @Test
    void limitsReachTheCgroup() throws Exception {
        boolean v2 = bed.host().cgroupMode() == CgroupMode.V2;
        RequestFixture request = bed.request(
                "c1",
                v2
                        ? "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max"
                        : "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us"
                                + " /sys/fs/cgroup/cpu/cpu.shares; cat /proc/self/oom_score_adj");
        request.resources =
                new LinuxResources(100_000, 50_000, 512, 64 << 20, 500, "0", "", List.of(), Map.of(), 64 << 20);
        assertThat(output(bed.run("c1", request)))
                .startsWith(v2 ? "67108864\n50000 100000\n" : "67108864\n50000\n512\n500\n");
    }

    @Test
    void masksAndReadOnlyPathsAreApplied() throws Exception {
        RequestFixture request =
                bed.request("c1", "cat /proc/cmdline; echo x > /proc/sys/kernel/domainname || echo ro");
        request.maskedPaths = List.of("/proc/cmdline");
        request.readOnlyPaths = List.of("/proc/sys");
        assertThat(output(bed.run("c1", request))).isEqualTo("ro\n");
    }

    @Test
    void smallestMemoryLimitStartsAContainer() throws Exception {
        RequestFixture request = bed.request("c1", "echo started");
        request.resources = new LinuxResources(
                0, 0, 0, bed.runtime().handler().features().minimumMemory(), 0, "", "", List.of(), Map.of(), 0);
        assertThat(output(bed.run("c1", request))).isEqualTo("started\n");
    }

    @Test
    void userNamespaceOfThePodIsJoinedAndVolumesAreMapped() throws Exception {
        Assumptions.assumeTrue(
                bed.runtime().handler().features().userNamespaces(), "needs a runtime with id-mapped mounts: runc 1.2");
        Path data = bed.directories().dir("data");
        Files.setPosixFilePermissions(bed.directories().root(), PosixFilePermissions.fromString("rwx--x--x"));
        try (RunningProcess pause = SpawnProcessRunner.shared()
                .start(Command.of("unshare", "--user", "--net", "--ipc", "--uts", "sleep", "1000"))) {
            try {
                Path proc = Path.of("/proc", Integer.toString(pause.pid()));
                awaitOtherUserNamespace(proc);
                Files.writeString(proc.resolve("uid_map"), "0 100000 65536");
                Files.writeString(proc.resolve("gid_map"), "0 100000 65536");
                List<IdMapping> ids = List.of(new IdMapping(100_000, 0, 65_536));
                RequestFixture request =
                        bed.request("c1", "cat /proc/self/uid_map; touch /data/x && echo touched; id -u");
                request.podNamespaces = new NamespaceOptions(
                        NamespaceMode.POD,
                        NamespaceMode.CONTAINER,
                        NamespaceMode.POD,
                        "",
                        new UserNamespace(NamespaceMode.POD, ids, ids));
                request.namespaces = request.podNamespaces;
                request.paths = new PodPaths(
                        proc.resolve("ns/net"),
                        proc.resolve("ns/ipc"),
                        proc.resolve("ns/uts"),
                        null,
                        proc.resolve("ns/user"),
                        null,
                        null,
                        null);
                request.mounts = List.of(new ContainerMount(
                        "/data",
                        data.toString(),
                        false,
                        false,
                        Propagation.PRIVATE,
                        ids,
                        ids,
                        false,
                        null,
                        "",
                        List.of()));
                for (String file : List.of("data", "made/by", "dev/shm")) {
                    bed.directories().dir("rootfs/" + file);
                }
                assertThat(output(bed.run("c1", request)))
                        .containsPattern("^ +0 +100000 +65536\n")
                        .endsWith("touched\n0\n");
                assertThat(Files.getAttribute(data.resolve("x"), "unix:uid")).isEqualTo(0);
            } finally {
                pause.killGroup();
            }
        }
    }

    private static void awaitOtherUserNamespace(Path proc) throws Exception {
        Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/user"));
        Deadline deadline = RuntimeBed.soon();
        while (Files.readSymbolicLink(proc.resolve("ns/user")).equals(own)
                || Files.readSymbolicLink(proc.resolve("ns/ipc"))
                        .equals(Files.readSymbolicLink(Path.of("/proc/self/ns/ipc")))) {
            assertThat(deadline.isExpired()).isFalse();
            Thread.sleep(2);
        }
    }

    private static String output(ProcessResult result) {
        assertThat(result.isSuccess())
                .as("container run: %s, standard error: %s", result.status(), result.stderrText())
                .isTrue();
        return result.stdoutText();
    }

    private static String groups(String out) {
        return out.lines().skip(2).findFirst().orElse("");
    }

    /** What the daemon itself may grant of these, as the kernel prints it. */
    private String mask(Collection<String> names) {
        long mask = 0;
        for (String name : names) {
            if (bed.host().boundingCapabilities().contains(name)) {
                mask |= 1L << Capabilities.ALL.indexOf(name);
            }
        }
        return "%016x".formatted(mask);
    }
}
