package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.config.SelinuxOptions;
import io.gantry.pod.testing.Records;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SELinux labels that a container takes from its pod. */
class PodLabelsTests {
    private static final HostLimits LABELLED = Records.with(RequestFixture.HOST, "selinux", true);

    @TempDir
    Path rootfs;

    private OciSpec build(HostLimits host, Consumer<RequestFixture> change) throws InterruptedException {
        RequestFixture fixture = new RequestFixture();
        fixture.rootfs = rootfs;
        fixture.selinuxLevel = "s0:c1,c2";
        change.accept(fixture);
        return new OciSpecBuilder(host, JnaSyscalls.instance()).build(fixture.request());
    }

    private static String process(OciSpec spec) {
        return spec.json().at("/process/selinuxLabel").asString("");
    }

    @Test
    void whatTheContainerDoesNotSayIsThePods() throws Exception {
        OciSpec spec = build(LABELLED, request -> {
            request.podSelinux = new SelinuxOptions("pod_u", "", "pod_t", "");
            request.selinux = new SelinuxOptions("", "", "web_t", "");
        });

        assertThat(process(spec)).isEqualTo("pod_u:system_r:web_t:s0:c1,c2");
        assertThat(spec.mountLabel()).isEqualTo("pod_u:object_r:container_file_t:s0:c1,c2");
    }

    @Test
    void withoutOptionsThereAreTheUsualTypesAtThePodsLevel() throws Exception {
        OciSpec spec = build(LABELLED, request -> {});

        assertThat(process(spec)).isEqualTo("system_u:system_r:container_t:s0:c1,c2");
    }

    @Test
    void aHostWithoutLabelsHasNone() throws Exception {
        OciSpec spec = build(RequestFixture.HOST, request -> request.selinux = new SelinuxOptions("", "", "web_t", ""));

        assertThat(process(spec)).isEmpty();
        assertThat(spec.mountLabel()).isEmpty();
    }
}
