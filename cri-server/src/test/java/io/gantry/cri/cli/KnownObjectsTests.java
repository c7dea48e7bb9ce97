package io.gantry.cri.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.v1.Container;
import io.gantry.cri.v1.ContainerMetadata;
import io.gantry.cri.v1.PodSandbox;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.activity.ActivityReport;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownObjectsTests {
    private static final ActivityReport NOTHING =
            new ActivityReport(Instant.EPOCH, Instant.EPOCH, List.of(), List.of());

    private final KnownObjects objects = new KnownObjects(
            List.of(pod("aa11", "web"), pod("bb22", "db")),
            List.of(
                    container("cc33", "aa11", "web", 0),
                    container("dd44", "aa11", "web", 1),
                    container("ee55", "bb22", "side", 0),
                    container("ee66", "aa11", "side", 0)),
            NOTHING);

    private static PodSandbox pod(String id, String name) {
        return PodSandbox.newBuilder()
                .setId(id)
                .setMetadata(PodSandboxMetadata.newBuilder().setName(name).setNamespace("default"))
                .build();
    }

    private static Container container(String id, String sandbox, String name, int attempt) {
        return Container.newBuilder()
                .setId(id)
                .setPodSandboxId(sandbox)
                .setCreatedAt(1_000_000_000L * attempt)
                .setMetadata(ContainerMetadata.newBuilder().setName(name).setAttempt(attempt))
                .build();
    }

    @Test
    void aNameThatAPodSharesWithItsContainerMeansThePod() {
        assertThat(objects.find("web").id()).isEqualTo("aa11");
    }

    @Test
    void ofSeveralAttemptsTheNewestIsMeant() {
        assertThat(objects.find("default/web/web").id()).isEqualTo("dd44");
        assertThat(objects.find("cc").id()).isEqualTo("cc33");
    }

    @Test
    void aContainerNameInTwoPodsIsAmbiguous() {
        assertThatThrownBy(() -> objects.find("side"))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("container default/db/side ee55")
                .hasMessageContaining("container default/web/side ee66");
        assertThatThrownBy(() -> objects.find("ee")).hasMessageContaining("it could be");
        assertThat(objects.find("default/db/side").id()).isEqualTo("ee55");
    }

    @Test
    void theContainersOfAPodAreInTheOrderOfTheirCreation() {
        assertThat(objects.containersOf(objects.find("aa11")))
                .extracting(Known::id)
                .containsExactly("cc33", "ee66", "dd44");
    }
}
