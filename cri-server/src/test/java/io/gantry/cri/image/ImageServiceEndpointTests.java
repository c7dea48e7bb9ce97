package io.gantry.cri.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.v1.AuthConfig;
import io.gantry.cri.v1.FilesystemUsage;
import io.gantry.cri.v1.Image;
import io.gantry.cri.v1.ImageFilter;
import io.gantry.cri.v1.ImageFsInfoRequest;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.ImageStatusRequest;
import io.gantry.cri.v1.ListImagesRequest;
import io.gantry.cri.v1.PullImageRequest;
import io.gantry.cri.v1.RemoveImageRequest;
import io.gantry.cri.v1.StreamImagesRequest;
import io.gantry.image.service.PullRequest;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageServiceEndpointTests {
    private static final String NAME = "registry.example/app:1";

    private final FakeImages images = new FakeImages();
    private final TestServer test = new TestServer();

    @BeforeEach
    void serve() {
        test.serving(new ImageServiceEndpoint(images, Set.of("runc")));
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static ImageSpec named(String name) {
        return ImageSpec.newBuilder().setImage(name).build();
    }

    @Test
    void pullsWithWhatTheRequestSays() {
        String id = test.images()
                .pullImage(PullImageRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder()
                                .setImage(NAME)
                                .setRuntimeHandler("runc")
                                .putAnnotations("a", "b"))
                        .setAuth(AuthConfig.newBuilder().setUsername("anna").setPassword("secret"))
                        .build())
                .getImageRef();

        PullRequest request = Objects.requireNonNull(images.lastPull);
        assertThat(request.reference()).isEqualTo(NAME);
        assertThat(Objects.requireNonNull(request.credentials()).username()).isEqualTo("anna");
        assertThat(request.annotations()).isEqualTo(Map.of("a", "b"));
        assertThat(request.runtimeHandler()).isEqualTo("runc");
        assertThat(test.images()
                        .imageStatus(ImageStatusRequest.newBuilder()
                                .setImage(named(NAME))
                                .build())
                        .getImage()
                        .getId())
                .isEqualTo(id);
    }

    @Test
    void emptyCredentialsAreNone() {
        var unused = test.images()
                .pullImage(PullImageRequest.newBuilder()
                        .setImage(named(NAME))
                        .setAuth(AuthConfig.getDefaultInstance())
                        .build());

        assertThat(Objects.requireNonNull(images.lastPull).credentials()).isNull();
    }

    @Test
    void anImageHasAUserNumberOrName() {
        images.images.put("n", FakeImages.image("sha256:1", "registry.example/n:1", 1003L, ""));
        images.images.put("u", FakeImages.image("sha256:2", "registry.example/u:1", null, "www-data"));

        var list =
                test.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();

        Image number = list.get(0);
        assertThat(number.getUid().getValue()).isEqualTo(1003);
        assertThat(number.getUsername()).isEmpty();
        assertThat(number.getSize()).isEqualTo(1_500_000);
        assertThat(number.getPinned()).isTrue();
        assertThat(number.getRepoTagsList()).containsExactly("registry.example/n:1");
        assertThat(number.getRepoDigestsList()).containsExactly("registry.example/n@sha256:ff");
        Image name = list.get(1);
        assertThat(name.hasUid()).isFalse();
        assertThat(name.getUsername()).isEqualTo("www-data");
    }

    @Test
    void filtersByName() {
        images.images.put("n", FakeImages.image("sha256:1", "registry.example/n:1", null, ""));
        images.images.put("u", FakeImages.image("sha256:2", "registry.example/u:1", null, ""));
        ImageFilter filter = ImageFilter.newBuilder().setImage(named("u")).build();

        assertThat(test.images()
                        .listImages(
                                ListImagesRequest.newBuilder().setFilter(filter).build())
                        .getImagesList())
                .singleElement()
                .matches(image -> image.getId().equals("sha256:2"));
        assertThat(test.images()
                        .streamImages(StreamImagesRequest.newBuilder()
                                .setFilter(filter)
                                .build()))
                .toIterable()
                .singleElement()
                .matches(message -> message.getImagesCount() == 1);
    }

    @Test
    void whatIsNotThereHasNoImageInTheAnswer() {
        assertThat(test.images()
                        .imageStatus(ImageStatusRequest.newBuilder()
                                .setImage(named("none"))
                                .build())
                        .hasImage())
                .isFalse();
    }

    @Test
    void verboseStatusHasTheConfig() {
        images.images.put(NAME, FakeImages.image("sha256:1", NAME, null, ""));

        assertThat(test.images()
                        .imageStatus(ImageStatusRequest.newBuilder()
                                .setImage(named(NAME))
                                .setVerbose(true)
                                .build())
                        .getInfoMap()
                        .get("info"))
                .contains("\"cmd\":[\"sh\"]");
    }

    @Test
    void removes() {
        images.images.put(NAME, FakeImages.image("sha256:1", NAME, null, ""));

        var unused = test.images()
                .removeImage(
                        RemoveImageRequest.newBuilder().setImage(named(NAME)).build());
        unused = test.images()
                .removeImage(
                        RemoveImageRequest.newBuilder().setImage(named(NAME)).build());

        assertThat(images.images).isEmpty();
    }

    @Test
    void tellsBothFileSystems() {
        var info = test.images().imageFsInfo(ImageFsInfoRequest.getDefaultInstance());

        FilesystemUsage image = info.getImageFilesystems(0);
        assertThat(image.getFsId().getMountpoint()).isEqualTo("/var/lib/gantry");
        assertThat(image.getUsedBytes().getValue()).isEqualTo(1000);
        assertThat(image.getInodesUsed().getValue()).isEqualTo(10);
        assertThat(image.getTimestamp()).isEqualTo(7_000_000_000L);
        assertThat(info.getContainerFilesystems(0).getUsedBytes().getValue()).isEqualTo(2000);
    }

    @Test
    void anUnknownHandlerIsRefusedEverywhere() {
        ImageSpec spec =
                ImageSpec.newBuilder().setImage(NAME).setRuntimeHandler("kata").build();
        String text = "there is no runtime handler \"kata\"; add a section [runtime.handlers.kata] to gantry.toml";

        assertThatThrownBy(() -> test.images()
                        .pullImage(PullImageRequest.newBuilder().setImage(spec).build()))
                .hasMessageContaining("pull image " + NAME + ": " + text);
        assertThatThrownBy(() -> test.images()
                        .imageStatus(
                                ImageStatusRequest.newBuilder().setImage(spec).build()))
                .hasMessageContaining(text);
        assertThatThrownBy(() -> test.images()
                        .removeImage(
                                RemoveImageRequest.newBuilder().setImage(spec).build()))
                .hasMessageContaining(text);
        assertThat(images.lastPull).isNull();
    }

    @Test
    void anEmptyNameIsRefused() {
        assertThatThrownBy(() -> test.images().pullImage(PullImageRequest.getDefaultInstance()))
                .hasMessageContaining("pull image : image.image is empty");
        assertThatThrownBy(() -> test.images().removeImage(RemoveImageRequest.getDefaultInstance()))
                .hasMessageContaining("remove image: image.image is empty");
    }
}
