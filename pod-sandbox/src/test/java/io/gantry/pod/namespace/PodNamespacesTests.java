package io.gantry.pod.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.namespace.PodNamespaces.Kind;
import io.gantry.pod.state.PodPaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodNamespacesTests {
    private final TestDirectories directories = TestDirectories.create();
    private final Mounts mounts = new Mounts(JnaSyscalls.instance());
    private final PodNamespaces namespaces =
            new PodNamespaces(new PodPaths(directories.dir("root"), directories.dir("state")), mounts);

    @AfterEach
    void close() {
        directories.close();
    }

    @Test
    void aPodHasTheNamespacesThatItDoesNotShare() {
        assertThat(PodNamespaces.ownedBy(NamespaceOptions.DEFAULT))
                .containsExactlyInAnyOrder(Kind.NET, Kind.UTS, Kind.IPC);
        assertThat(owned(NamespaceMode.NODE, NamespaceMode.NODE, NamespaceMode.NODE))
                .isEmpty();
        assertThat(owned(NamespaceMode.NODE, NamespaceMode.POD, NamespaceMode.POD))
                .containsExactlyInAnyOrder(Kind.PID, Kind.IPC);
        assertThat(PodNamespaces.ownedBy(new NamespaceOptions(
                        NamespaceMode.POD,
                        NamespaceMode.CONTAINER,
                        NamespaceMode.NODE,
                        "",
                        new UserNamespace(NamespaceMode.POD, List.of(), List.of()))))
                .containsExactlyInAnyOrder(Kind.NET, Kind.UTS, Kind.USER);
    }

    private static Set<Kind> owned(NamespaceMode network, NamespaceMode pid, NamespaceMode ipc) {
        return PodNamespaces.ownedBy(new NamespaceOptions(network, pid, ipc, "", null));
    }

    @Test
    void pinnedNamespacesAreLetGo() throws Exception {
        Privileges.assumeRoot();
        int self = (int) ProcessHandle.current().pid();

        namespaces.pin("s", self, Set.of(Kind.NET, Kind.UTS));

        Path net = namespaces.path("s", Kind.NET);
        assertThat(mounts.isMountPoint(net)).isTrue();
        assertThat(Files.getAttribute(net, "unix:ino"))
                .isEqualTo(Files.getAttribute(Path.of("/proc/self/ns/net"), "unix:ino"));
        namespaces.unpin("s");
        namespaces.unpin("s");
        namespaces.unpin("unknown");
        assertThat(mounts.under(directories.root())).isEmpty();
    }

    @Test
    void aProcessThatIsGoneHasNoNamespaces() {
        Privileges.assumeRoot();
        assertThatThrownBy(() -> namespaces.pin("s", 999_999_999, Set.of(Kind.NET)))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("/ns/net");
        namespaces.unpin("s");
        assertThat(mounts.under(directories.root())).isEmpty();
    }
}
