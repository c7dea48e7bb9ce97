package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Volumes that the kubelet prepares and the runtime mounts. */
abstract class VolumeCases extends ClusterCases {
    private static final String PAGES = "registry.k8s.io/e2e-test-images/httpd:2.4.39-4";

    private static Volume volume(java.util.function.UnaryOperator<VolumeBuilder> source) {
        return source.apply(new VolumeBuilder().withName("data")).build();
    }

    private static VolumeMount at(String path) {
        return new VolumeMountBuilder().withName("data").withMountPath(path).build();
    }

    static Pod with(Pod pod, Volume volume, VolumeMount... mounts) {
        return new PodBuilder(pod)
                .editSpec()
                .addToVolumes(volume)
                .editFirstContainer()
                .addToVolumeMounts(mounts)
                .endContainer()
                .endSpec()
                .build();
    }

    private static Pod idle(String name) {
        return Pods.shell(name, Pods.IDLE).build();
    }

    @Test
    void configMap() throws Exception {
        create(new ConfigMapBuilder()
                .withNewMetadata()
                .withName("settings")
                .endMetadata()
                .withData(Map.of("color", "blue", "size", "7"))
                .build());
        Volume volume =
                volume(each -> each.withNewConfigMap().withName("settings").endConfigMap());
        Pod pod = with(
                idle("config-map"),
                volume,
                at("/settings"),
                new VolumeMountBuilder(at("/one-setting")).withSubPath("color").build());
        pod.getSpec()
                .getContainers()
                .getFirst()
                .setEnv(java.util.List.of(new io.fabric8.kubernetes.api.model.EnvVarBuilder()
                        .withName("SIZE")
                        .withNewValueFrom()
                        .withNewConfigMapKeyRef("size", "settings", false)
                        .endValueFrom()
                        .build()));

        createReady(pod);

        assertThat(exec("config-map", "cat /settings/color /one-setting; echo $SIZE; touch /settings/x 2>&1 || true"))
                .startsWith("blueblue7\n")
                .contains("Read-only file system");
    }

    @Test
    void secret() throws Exception {
        create(new SecretBuilder()
                .withNewMetadata()
                .withName("password")
                .endMetadata()
                .withStringData(Map.of("word", "hush"))
                .build());
        createReady(with(
                idle("secret"),
                volume(each -> each.withNewSecret()
                        .withSecretName("password")
                        .withDefaultMode(0400)
                        .endSecret()),
                at("/password")));

        // A secret is kept in memory only.
        assertThat(exec(
                        "secret",
                        "cat /password/word; echo; stat -c %a -L /password/word; grep ' /password ' /proc/mounts"))
                .startsWith("hush\n400\n")
                .contains("tmpfs /password tmpfs ro");
    }

    @Test
    void emptyDir() throws Exception {
        Pod pod = new PodBuilder(Pods.of(
                                "empty-dir",
                                Pods.container("main", "echo from-main >/data/file; " + Pods.IDLE),
                                Pods.container("other", Pods.IDLE))
                        .build())
                .editSpec()
                .addToVolumes(volume(each -> each.withNewEmptyDir().endEmptyDir()))
                .endSpec()
                .build();
        pod.getSpec().getContainers().forEach(each -> each.setVolumeMounts(java.util.List.of(at("/data"))));
        createReady(pod);

        assertThat(exec("empty-dir", "other", "cat /data/file; echo from-other >>/data/file"))
                .isEqualTo("from-main\n");
        assertThat(exec("empty-dir", "cat /data/file")).isEqualTo("from-main\nfrom-other\n");
    }

    @Test
    void emptyDirInMemory() throws Exception {
        createReady(with(
                idle("in-memory"),
                volume(each -> each.withNewEmptyDir()
                        .withMedium("Memory")
                        .withSizeLimit(new Quantity("5Mi"))
                        .endEmptyDir()),
                at("/data")));

        assertThat(exec("in-memory", "grep ' /data ' /proc/mounts; df -k /data | tail -n 1"))
                .contains("tmpfs /data tmpfs rw")
                .containsPattern(" 5120 ");
    }

    @Test
    void imageVolume() throws Exception {
        createReady(with(
                idle("image-volume"),
                volume(each -> each.withNewImage()
                        .withReference(PAGES)
                        .withPullPolicy("IfNotPresent")
                        .endImage()),
                at("/image"),
                new VolumeMountBuilder(at("/pages")).withSubPath("var/www").build()));

        assertThat(exec("image-volume", "cat /pages/index.html /image/var/www/index.html; touch /image/x 2>&1 || true"))
                .contains("It works!</h1></body></html>\n<html>")
                .contains("Read-only file system");
    }

    @Test
    void imageVolumeWithAMissingSubPath() throws Exception {
        create(with(
                idle("image-sub-path"),
                volume(each -> each.withNewImage().withReference(PAGES).endImage()),
                new VolumeMountBuilder(at("/pages")).withSubPath("no/such").build()));

        awaitContainer(
                "image-sub-path",
                "main",
                "told what is wrong",
                status -> status.getState().getWaiting() != null
                        && "CreateContainerError"
                                .equals(status.getState().getWaiting().getReason())
                        && status.getState().getWaiting().getMessage().startsWith("ImageVolumeMountFailed: ")
                        && status.getState().getWaiting().getMessage().contains("no/such"));
        // The kubelet knows the error by how it begins.
        assertThat(node().api().get("/metrics")).containsPattern("kubelet_image_volume_mounted_errors_total [1-9]");
    }
}
