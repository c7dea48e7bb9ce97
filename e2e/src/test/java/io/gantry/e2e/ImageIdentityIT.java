package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every place of CRI that says which image a container has, for an image that came from two repositories. The kubelet compares
 * them: its garbage collection and its pull policy go by the id, the pod's status shows the reference.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageIdentityIT {
    private static final String OTHER = Crictl.BUSYBOX.replace("registry.k8s.io", "other.example.test");

    private CriRun run;
    private Crictl crictl;

    @BeforeAll
    void start() throws Exception {
        run = CriRun.start();
        crictl = run.crictl();
    }

    @AfterAll
    void close() throws Exception {
        if (run != null) {
            run.close();
        }
    }

    private String pull(String name) throws Exception {
        return crictl.run("pull", name).replaceFirst("(?s).*Image is up to date for (\\S+).*", "$1");
    }

    @Test
    void idsAreOneAndTheReferenceIsOfTheRepositoryThatThePodNames() throws Exception {
        String pulled = pull(Crictl.BUSYBOX);
        assertThat(pull(OTHER)).isEqualTo(pulled);
        JsonNode image =
                JsonMapper.shared().readTree(crictl.run("inspecti", OTHER)).get("status");
        assertThat(image.get("id").stringValue()).isEqualTo(pulled).startsWith("sha256:");
        assertThat(image.get("repoDigests")).hasSize(2);

        ObjectNode pod = crictl.pod("identity");
        String podId = crictl.runPod(pod);
        for (String name : new String[] {Crictl.BUSYBOX, OTHER}) {
            ObjectNode container = crictl.container("main-" + (name.equals(OTHER) ? 2 : 1), pulled, "top", "-b");
            container.withObject("image").put("user_specified_image", name);
            String id = crictl.runContainer(podId, pod, container);

            JsonNode status = crictl.inspect(id);
            JsonNode listed = JsonMapper.shared()
                    .readTree(crictl.run("ps", "--id", id, "-o", "json"))
                    .at("/containers/0");
            assertThat(status.get("imageId").stringValue()).isEqualTo(pulled);
            assertThat(listed.get("imageId").stringValue()).isEqualTo(pulled);
            assertThat(status.get("imageRef").stringValue())
                    .startsWith(name.replaceFirst(":[^:/]*$", "") + "@sha256:")
                    .isIn(image.get("repoDigests")
                            .valueStream()
                            .map(JsonNode::stringValue)
                            .toList());
        }
        crictl.removePod(podId);
    }
}
