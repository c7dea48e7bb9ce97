package io.gantry.cri.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** No field of a request is dropped in silence: without it, the result is another one, or the request is refused. */
class EveryFieldCountsTests {
    private static void sweep(Message full, Function<Message, Object> translate) {
        Object whole = translate.apply(full);
        for (FieldSweep.Without without : FieldSweep.of(full)) {
            Object result;
            try {
                result = translate.apply(without.message());
            } catch (GantryException e) {
                assertThat(e.kind()).as(without.path()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
                continue;
            }
            assertThat(result).as("result without " + without.path()).isNotEqualTo(whole);
        }
    }

    @Test
    void ofRunPodSandbox() {
        RunPodSandboxRequest request = Samples.runRequest();

        sweep(
                request,
                message -> List.of(
                        SandboxMessages.config((RunPodSandboxRequest) message),
                        ((RunPodSandboxRequest) message).getRuntimeHandler()));
    }

    @Test
    void ofCreateContainer() {
        CreateContainerRequest request = Samples.createRequest();

        sweep(request, message -> ContainerMessages.creation((CreateContainerRequest) message));
    }

    @Test
    void theSampleOfRunPodSandboxLeavesOutOnlyTheseFields() {
        assertThat(FieldSweep.unset(Samples.runRequest()))
                .containsExactlyInAnyOrder(
                        // Refused on a Linux node.
                        "config.windows",
                        // POD, the default, is what the sample asks for.
                        "config.linux.security_context.namespace_options.network",
                        "config.linux.security_context.namespace_options.userns_options.mode",
                        // Belongs to containers.
                        "config.linux.security_context.namespace_options.target_id",
                        // Has a successor; both together are tested apart.
                        "config.linux.security_context.seccomp_profile_path");
    }

    @Test
    void theSampleOfCreateContainerLeavesOutOnlyTheseFields() {
        assertThat(FieldSweep.unset(
                        Samples.createRequest().toBuilder().clearSandboxConfig().build()))
                .containsExactlyInAnyOrder(
                        "sandbox_config",
                        "config.windows",
                        "config.linux.security_context.namespace_options.userns_options",
                        // Not together with run_as_user.
                        "config.linux.security_context.run_as_username",
                        "config.linux.security_context.seccomp.localhost_ref",
                        "config.linux.security_context.seccomp_profile_path",
                        "config.linux.security_context.apparmor_profile");
    }
}
