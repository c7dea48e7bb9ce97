package io.gantry.pod.testing;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.cgroup.CgroupDriver;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.runtime.HandlerConfig;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.runtime.RuntimeHandlers;
import io.gantry.pod.spec.DefaultRlimits;
import io.gantry.pod.spec.HostLimits;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.spec.OciSpecBuilder;
import io.gantry.pod.spec.PodPaths;
import io.gantry.pod.spec.RequestFixture;
import io.gantry.pod.spec.Rlimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;

/**
 * A real OCI runtime with a root file system of busybox. Everything is under one directory and one cgroup, and closing
 * removes both, containers first.
 */
public final class RuntimeBed implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String APPLETS =
            "sh id cat grep mount sleep ls stat touch unshare mknod chroot true false head hostname env pwd kill setsid dd rm stty wc";

    private final TestDirectories directories = TestDirectories.create();
    private final ProcessRunner runner = SpawnProcessRunner.shared();
    private final HostFacts host;
    private final OciRuntime runtime;
    private final String cgroupParent;
    private final List<String> containers = new ArrayList<>();
    private DefaultRlimits rlimits = DefaultRlimits.NONE;

    private RuntimeBed(String name, HostFacts host, String program) throws InterruptedException {
        this.host = host;
        this.cgroupParent = "/gantry-test-" + directories.root().getFileName();
        Path root = directories.dir("runtime");
        runtime = new OciRuntime(
                RuntimeHandlers.open(
                                Map.of(name, new HandlerConfig(program, root.toString(), null)), name, host, runner)
                        .require(name),
                CgroupDriver.CGROUPFS,
                runner,
                directories.dir("scratch"));
        makeRootfs();
    }

    /** With runc; skips the test where there is none. */
    public static RuntimeBed runc() throws InterruptedException {
        Privileges.assumeRoot();
        Privileges.assumeProgram("busybox");
        return new RuntimeBed("runc", HostFacts.detect(), Privileges.assumeProgram("runc"));
    }

    /** With crun, on a hybrid host in a mount namespace that hides the v2 hierarchy. */
    public static RuntimeBed crun() throws InterruptedException, IOException {
        Privileges.assumeRoot();
        Privileges.assumeProgram("busybox");
        String crun = Privileges.assumeProgram("crun");
        HostFacts facts = HostFacts.detect();
        if (facts.cgroupMode() != CgroupMode.HYBRID) {
            return new RuntimeBed("crun", facts, crun);
        }
        Path wrapper = Files.createTempFile("gantry-crun", ".sh");
        Files.writeString(wrapper, """
                #!/bin/sh
                exec unshare -m sh -c 'mount -t tmpfs none "$0" && exec "$@"' %s %s "$@"
                """.formatted(facts.cgroup2().orElseThrow(), crun));
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
        return new RuntimeBed("crun", withoutV2(facts), wrapper.toString());
    }

    private static HostFacts withoutV2(HostFacts facts) {
        return new HostFacts(
                facts.kernelVersion(),
                facts.bootId(),
                facts.root(),
                facts.effectiveCapabilities(),
                facts.boundingCapabilities(),
                CgroupMode.V1,
                facts.cgroupControllers(),
                java.util.Optional.empty(),
                facts.mayLowerOomScore(),
                facts.oomScoreAdj(),
                facts.seccomp(),
                facts.appArmor(),
                facts.selinux(),
                facts.overlay(),
                facts.systemd(),
                facts.programs());
    }

    /** Limits of containers made from now on, where no base specification has them. */
    public void limit(Rlimit... limits) {
        rlimits = DefaultRlimits.of(List.of(limits), host, JnaSyscalls.instance());
    }

    public OciRuntime runtime() {
        return runtime;
    }

    public HostFacts host() {
        return host;
    }

    public Path rootfs() {
        return directories.root().resolve("rootfs");
    }

    public TestDirectories directories() {
        return directories;
    }

    public Path bundle(String id) {
        return directories.dir("bundle-" + id);
    }

    public String cgroup(String id) {
        return cgroupParent + "/" + id;
    }

    public static Deadline soon() {
        return Deadline.after(PATIENCE);
    }

    /** A request for a container of the host's network that runs a shell script. */
    public RequestFixture request(String id, String script) {
        RequestFixture fixture = new RequestFixture();
        fixture.command = List.of("sh", "-c", script);
        fixture.rootfs = rootfs();
        fixture.paths = PodPaths.HOST;
        fixture.podNamespaces =
                new NamespaceOptions(NamespaceMode.NODE, NamespaceMode.CONTAINER, NamespaceMode.NODE, "", null);
        fixture.namespaces = fixture.podNamespaces;
        fixture.handler = runtime.handler().features();
        fixture.cgroupsPath = cgroup(id);
        return fixture;
    }

    /** CDI specifications are looked for in the directory {@code cdi}. */
    public OciSpec build(RequestFixture fixture) throws InterruptedException {
        CdiSpecs cdi = new CdiSpecs(List.of(directories.root().resolve("cdi")));
        return new OciSpecBuilder(HostLimits.of(host), JnaSyscalls.instance(), cdi, rlimits).build(fixture.request());
    }

    /** Writes the bundle and runs the container to its end, with its output captured. */
    public ProcessResult run(String id, RequestFixture fixture) throws InterruptedException {
        build(fixture).writeTo(bundle(id));
        containers.add(id);
        return runner.run(
                Command.of(
                        runtime.handler().program().toString(),
                        "--root",
                        runtime.handler().root().toString(),
                        "run",
                        "--bundle",
                        bundle(id).toString(),
                        id),
                soon());
    }

    /** The same runtime with its containers in scopes of systemd; skips the test where systemd is not PID 1. */
    public OciRuntime underSystemd() {
        Assumptions.assumeTrue(host.systemd(), "needs systemd as PID 1");
        return new OciRuntime(runtime.handler(), CgroupDriver.SYSTEMD, runner, directories.dir("scratch"));
    }

    /** Writes the bundle and creates the container, its output going nowhere. */
    public ProcessResult create(String id, RequestFixture fixture) throws InterruptedException {
        return create(runtime, id, fixture);
    }

    /** {@link #create(String, RequestFixture)} with another runtime. */
    public ProcessResult create(OciRuntime by, String id, RequestFixture fixture) throws InterruptedException {
        build(fixture).writeTo(bundle(id));
        containers.add(id);
        return runner.run(
                Command.of(by.createCommand(id, bundle(id), directories.root().resolve("pid-" + id)))
                        .withStdout(new Command.Stdio.Null()),
                soon());
    }

    private void makeRootfs() {
        try {
            Path bin = directories.dir("rootfs/bin");
            Files.copy(host.findProgram("busybox").orElseThrow(), bin.resolve("busybox"));
            Files.setPosixFilePermissions(bin.resolve("busybox"), PosixFilePermissions.fromString("rwxr-xr-x"));
            for (String applet : APPLETS.split(" ", -1)) {
                Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
            }
            for (String name : List.of("proc", "sys", "dev", "tmp")) {
                directories.dir("rootfs/" + name);
            }
            directories.file(
                    "rootfs/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:Web:/home/web:/bin/sh\n");
            directories.file("rootfs/etc/group", "root:x:0:\nweb:x:1001:\naudio:x:63:web\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            for (String id : containers) {
                runtime.delete(id, true, soon());
            }
            Set<Path> mounts = new HashSet<>(host.cgroupControllers().values());
            HostFacts.detect().cgroup2().ifPresent(mounts::add);
            for (Path mount : mounts) {
                for (String id : containers) {
                    Files.deleteIfExists(mount.resolve(cgroup(id).substring(1)));
                }
                Files.deleteIfExists(mount.resolve(cgroupParent.substring(1)));
            }
            if (runtime.handler().program().toString().endsWith(".sh")) {
                Files.deleteIfExists(runtime.handler().program());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            directories.close();
        }
    }
}
