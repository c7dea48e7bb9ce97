package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.ResourceLimit;
import io.gantry.pod.spec.Rlimit.Resource;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class DefaultRlimitsTests {
    private static final List<Rlimit> ASKED =
            List.of(new Rlimit(Resource.NOFILE, 1024, 524_288), new Rlimit(Resource.CORE, 0, -1));

    /** The daemon's own: 4096 files, cores of 100 bytes. */
    private static ResourceLimit own(int resource) {
        return resource == Resource.NOFILE.number() ? new ResourceLimit(4096, 4096) : new ResourceLimit(0, 100);
    }

    private static String given(DefaultRlimits limits, boolean ownUserNamespace) {
        ObjectNode process = Nodes.object();
        limits.addTo(process, ownUserNamespace);
        return process.toString();
    }

    @Test
    void withTheCapabilityAllIsGivenAsAsked() {
        DefaultRlimits limits = DefaultRlimits.of(ASKED, true, DefaultRlimitsTests::own, OptionalLong.empty());

        assertThat(given(limits, false))
                .isEqualTo("{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":524288,\"soft\":1024},"
                        + "{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}]}");
    }

    @Test
    void withoutTheCapabilityOrInAUserNamespaceNothingIsAboveTheDaemonsOwn() {
        String lowered = "{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":4096,\"soft\":1024},"
                + "{\"type\":\"RLIMIT_CORE\",\"hard\":100,\"soft\":0}]}";

        assertThat(given(DefaultRlimits.of(ASKED, false, DefaultRlimitsTests::own, OptionalLong.empty()), false))
                .isEqualTo(lowered);
        assertThat(given(DefaultRlimits.of(ASKED, true, DefaultRlimitsTests::own, OptionalLong.empty()), true))
                .isEqualTo(lowered);
    }

    @Test
    void openFilesAreNeverAboveTheKernelsBound() {
        DefaultRlimits limits = DefaultRlimits.of(
                List.of(new Rlimit(Resource.NOFILE, -1, -1)), true, DefaultRlimitsTests::own, OptionalLong.of(65_536));

        assertThat(given(limits, false))
                .isEqualTo("{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":65536,\"soft\":65536}]}");
    }

    @Test
    void withoutAnyTheProcessIsAsItWas() {
        assertThat(given(DefaultRlimits.NONE, false)).isEqualTo("{}");
    }

    @Test
    void noLimitIsTheHighestOfAll() {
        assertThatThrownBy(() -> new Rlimit(Resource.NPROC, -1, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThat(new Rlimit(Resource.NPROC, 5, -1)).hasToString("nproc=5:unlimited");
    }
}
