package io.gantry.image.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.reference.Platform;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTests {
    private static final String DIGEST = "'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'";
    private static final String CONFIG =
            "'config':{'mediaType':'application/vnd.oci.image.config.v1+json','digest':" + DIGEST + ",'size':2}";
    private static final String LAYER =
            "{'mediaType':'application/vnd.oci.image.layer.v1.tar+zstd','digest':" + DIGEST + ",'size':7,'urls':null}";

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static String entry(String platform) {
        return "{'mediaType':'" + MediaTypes.OCI_MANIFEST + "','digest':" + DIGEST + ",'size':3" + platform + "}";
    }

    private static String platform(String os, String architecture) {
        return ",'platform':{'os':'" + os + "','architecture':'" + architecture + "'}";
    }

    @Test
    void readsAManifest() {
        ImageManifest manifest = ImageManifest.parse(
                json("{'schemaVersion':2," + CONFIG + ",'layers':[" + LAYER + "],'annotations':{'a':'b'}}"), "it");
        assertThat(manifest.isImage()).isTrue();
        assertThat(manifest.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(manifest.layers()).hasSize(1);
        assertThat(manifest.layers().getFirst().size()).isEqualTo(7);
        assertThat(MediaTypes.layerCompression(manifest.layers().getFirst().mediaType()))
                .contains(MediaTypes.Compression.ZSTD);
        assertThat(manifest.annotations()).containsEntry("a", "b");
    }

    @Test
    void choosesThePlatformOfAnIndex() {
        String index = "{'schemaVersion':2,'mediaType':'" + MediaTypes.DOCKER_INDEX + "','manifests':["
                + entry("") + "," + entry(platform("unknown", "unknown")) + "," + entry(platform("linux", "arm64"))
                + "," + entry(platform("linux", "amd64")) + "]}";
        ImageIndex read = ImageIndex.parse(json(index), "it");
        assertThat(read.candidates(Platform.of("linux", "amd64", null)))
                .extracting(Descriptor::platform)
                .containsExactly(Platform.of("linux", "amd64", null), null);
        assertThat(read.select(Platform.of("linux", "arm64", null), "pull image x")
                        .platform())
                .isEqualTo(Platform.of("linux", "arm64", null));
    }

    @Test
    void namesThePlatformsThatThereAre() {
        String index = "{'schemaVersion':2,'manifests':[" + entry(platform("linux", "s390x")) + ","
                + entry(platform("unknown", "unknown")) + "," + entry(platform("windows", "amd64")) + "]}";
        GantryException error = catchThrowableOfType(
                GantryException.class,
                () -> ImageIndex.parse(json(index), "it").select(Platform.of("linux", "amd64", null), "pull image x"));
        assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(error)
                .hasMessage(
                        "pull image x: the image has no manifest for linux/amd64, only for linux/s390x, windows/amd64;"
                                + " use an image that is built for linux/amd64");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "nonsense|it is not valid JSON",
                "``|it is not",
                "[]|it is not a JSON object",
                "null|it is not a JSON object",
                "{}|schemaVersion is missing",
                "{'schemaVersion':3}|schemaVersion is not 2",
                "{'schemaVersion':'2'}|schemaVersion is not a whole number",
                "{'schemaVersion':2}|config is missing",
                "{'schemaVersion':2,'config':null}|config is missing",
                "{'schemaVersion':2,'config':7}|config is not an object",
                "{'schemaVersion':2,'config':{}}|config.mediaType is missing",
                "{'schemaVersion':2,'config':{'mediaType':'x'}}|config.digest is missing",
                "{'schemaVersion':2,'config':{'mediaType':'x','digest':'x'}}|config.digest is not a digest",
                "{'schemaVersion':2,'config':{'mediaType':'x','digest':D}}|config.size is missing",
                "{'schemaVersion':2,'config':{'mediaType':'x','digest':D,'size':-1}}|config.size is not a size",
                "{'schemaVersion':2,'config':{'mediaType':'x','digest':D,'size':1e99}}|config.size is not a size",
                "{'schemaVersion':2,C,'layers':{}}|layers is not a list",
                "{'schemaVersion':2,C,'layers':[1]}|layers[0] is not an object",
                "{'schemaVersion':2,C,'layers':[{'mediaType':'x'}]}|layers[0].digest is missing",
                "{'schemaVersion':2,C,'layers':[],'manifests':[]}|the document is ambiguous",
                "{'schemaVersion':2,'mediaType':'text/html',C}|mediaType is \"text/html\"",
                "{'schemaVersion':2,C,'annotations':{'a':1}}|annotations.a is not a string",
            })
    void saysWhichFieldIsWrong(String document, String problem) {
        byte[] bytes =
                json(document.replace("D", DIGEST).replace("C,", CONFIG + ",").replace(",C}", "," + CONFIG + "}"));
        GantryException error =
                catchThrowableOfType(GantryException.class, () -> ImageManifest.parse(bytes, "manifest of x"));
        assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
        assertThat(error).hasMessageStartingWith("read manifest of x: ").hasMessageContaining(problem);
    }

    @Test
    void anIndexWithLayersIsAmbiguous() {
        GantryException error = catchThrowableOfType(
                GantryException.class,
                () -> ImageIndex.parse(json("{'schemaVersion':2,'manifests':[],'layers':[]}"), "it"));
        assertThat(error).hasMessageContaining("ambiguous");
    }

    @Test
    void schemaOneIsRefusedByName() {
        for (String document : new String[] {"{'schemaVersion':1,'fsLayers':[]}", "{'schemaVersion':1}"}) {
            GantryException error =
                    catchThrowableOfType(GantryException.class, () -> ImageManifest.parse(json(document), "it"));
            assertThat(error.kind()).isEqualTo(ErrorKind.UNIMPLEMENTED);
            assertThat(error).hasMessageContaining("schema 1").hasMessageContaining("push the image again");
        }
    }

    @Test
    void hostileSizesAreRefused() {
        byte[] deep = ("{\"schemaVersion\":2,\"x\":" + "[".repeat(1000) + "]".repeat(1000) + "}")
                .getBytes(StandardCharsets.UTF_8);
        byte[] wide =
                ("{\"schemaVersion\":2,\"x\":[" + "[],".repeat(300_000) + "[]]}").getBytes(StandardCharsets.UTF_8);
        byte[] large = new byte[DocumentLimits.MANIFEST_BYTES + 1];
        for (byte[] document : new byte[][] {deep, wide, large}) {
            GantryException error =
                    catchThrowableOfType(GantryException.class, () -> ImageManifest.parse(document, "it"));
            assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
        }
    }
}
