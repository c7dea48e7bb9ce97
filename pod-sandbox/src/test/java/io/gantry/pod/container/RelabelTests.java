package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The attribute itself can be set on a kernel without SELinux too, by root. */
class RelabelTests {
    private static final String LABEL = "system_u:object_r:container_file_t:s0:c1,c2";
    private static final String ACTION = "create container web";

    private final JnaSyscalls syscalls = JnaSyscalls.instance();
    private TestDirectories directories;

    @BeforeEach
    void needsRoot() throws Exception {
        Privileges.assumeRoot();
        directories = TestDirectories.create();
        Path probe = directories.file("probe", "");
        try {
            syscalls.lsetxattr(probe.toString(), "security.selinux", new byte[] {'x', 0}, 0);
        } catch (ErrnoException e) {
            assumeTrue(false, "needs a file system that keeps security attributes: " + e.getMessage());
        }
    }

    @AfterEach
    void remove() {
        if (directories != null) {
            directories.close();
        }
    }

    private String label(Path path) {
        byte[] value = syscalls.lgetxattr(path.toString(), "security.selinux");
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    @Test
    void aTreeIsLabelledAndNothingOutsideIt() throws Exception {
        Path data = directories.dir("data");
        Path below = directories.dir("data/below");
        Path file = directories.file("data/below/file", "x");
        Path outside = directories.file("outside", "x");
        Path link = Files.createSymbolicLink(data.resolve("link"), outside);

        new Relabel(syscalls).set(data, LABEL, ACTION);

        for (Path path : new Path[] {data, below, file, link}) {
            assertThat(label(path)).as(path.toString()).isEqualTo(LABEL + "\0");
        }
        assertThat(label(outside)).isEmpty();
    }

    @Test
    void whatIsRightAlreadyIsNotWrittenAgain() throws Exception {
        Path file = directories.file("file", "x");
        Relabel relabel = new Relabel(syscalls);
        relabel.set(file, LABEL, ACTION);
        Object changed = Files.getAttribute(file, "unix:ctime");

        relabel.set(file, LABEL, ACTION);

        assertThat(Files.getAttribute(file, "unix:ctime")).isEqualTo(changed);
    }

    @Test
    void directoriesThatTheHostLivesInAreRefused() {
        assertThatThrownBy(() -> new Relabel(syscalls).set(Path.of("/etc"), LABEL, ACTION))
                .hasMessage(
                        "create container web: relabelling /etc for SELinux would make host services unable to use it;"
                                + " mount a directory below it");
    }

    /** The pod swaps a directory for a link when the walk has just come to it. */
    @Test
    void aDirectoryThatBecomesALinkDoesNotLeadOut() throws Exception {
        Path data = directories.dir("data");
        Path below = directories.file("data/below/file", "x").getParent();
        Path outside = directories.dir("outside");
        Path victim = directories.file("outside/file", "x");
        Syscalls swapping = (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (proxy, method, arguments) -> {
                    Object result = call(method, arguments);
                    if (method.getName().equals("lgetxattr")
                            && String.valueOf(arguments[0]).endsWith("/below")
                            && !Files.isSymbolicLink(below)) {
                        Files.move(below, data.resolve("was"));
                        Path unused = Files.createSymbolicLink(below, outside);
                    }
                    return result;
                });

        new Relabel(swapping).set(data, LABEL, ACTION);

        assertThat(below).isSymbolicLink();
        assertThat(label(outside)).isEmpty();
        assertThat(label(victim)).isEmpty();
        assertThat(label(data)).isEqualTo(LABEL + "\0");
    }

    private Object call(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(syscalls, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    @Test
    void aPathWithALinkIsNotFollowed() throws Exception {
        Path outside = directories.dir("outside/data");
        Path link = Files.createSymbolicLink(directories.root().resolve("link"), outside.getParent());

        assertThatThrownBy(() -> new Relabel(syscalls).set(link.resolve("data"), LABEL, ACTION))
                .hasMessageContaining("cannot relabel");
        assertThat(label(outside)).isEmpty();
    }

    @Test
    void aFileSystemWithoutLabelsStaysAsItIs() throws Exception {
        new Relabel(syscalls).set(Path.of("/proc/self/attr").toRealPath(), LABEL, ACTION);
    }
}
