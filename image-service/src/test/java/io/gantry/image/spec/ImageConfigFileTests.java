package io.gantry.image.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.reference.Platform;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageConfigFileTests {
    private static final String DIGEST = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static ImageConfigFile parse(String text) {
        return ImageConfigFile.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "config of x");
    }

    @Test
    void readsEveryField() {
        ImageConfigFile file = parse("{'os':'linux','architecture':'arm','variant':'v7',"
                + "'created':'2024-05-01T10:00:00.123456789+02:00','author':'me',"
                + "'config':{'User':'1000:1000','Env':['A=b'],'Entrypoint':['/e'],'Cmd':['c','d'],'WorkingDir':'/w',"
                + "'Volumes':{'/v':{}},'StopSignal':'SIGINT','Labels':{'l':'m'},'ExposedPorts':{'80/tcp':{}}},"
                + "'rootfs':{'type':'layers','diff_ids':['" + DIGEST + "']},"
                + "'history':[{'created_by':'x','empty_layer':true},{'created':'2024-05-01T10:00:00Z'}]}");
        assertThat(file.platform()).isEqualTo(Platform.of("linux", "arm", "v7"));
        assertThat(file.created()).isEqualTo(Instant.parse("2024-05-01T08:00:00.123456789Z"));
        assertThat(file.diffIds()).hasSize(1);
        assertThat(file.history()).hasSize(2);
        assertThat(file.history().getFirst().emptyLayer()).isTrue();
        ImageConfigFile.Execution run = file.config();
        assertThat(run.user()).isEqualTo("1000:1000");
        assertThat(run.env()).containsExactly("A=b");
        assertThat(run.entrypoint()).containsExactly("/e");
        assertThat(run.cmd()).containsExactly("c", "d");
        assertThat(run.workingDir()).isEqualTo("/w");
        assertThat(run.volumes()).containsExactly("/v");
        assertThat(run.stopSignal()).isEqualTo("SIGINT");
        assertThat(run.labels()).containsEntry("l", "m");
        assertThat(run.exposedPorts()).containsExactly("80/tcp");
    }

    @Test
    void absentAndNullFieldsAreEmpty() {
        ImageConfigFile file = parse(
                "{'os':'linux','architecture':'amd64','created':null,'config':{'Env':null,'Cmd':null,"
                        + "'Volumes':null,'Labels':null,'Entrypoint':null,'ExposedPorts':null},'rootfs':{'diff_ids':null}}");
        assertThat(file.created()).isNull();
        assertThat(file.diffIds()).isEmpty();
        assertThat(file.config().env()).isEmpty();
        assertThat(parse("{'os':'linux','architecture':'amd64','rootfs':{}}")
                        .config()
                        .user())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'os':'linux','architecture':'amd64'}|rootfs is missing",
                "{'architecture':'amd64','rootfs':{}}|os is missing",
                "{'os':'linux','rootfs':{}}|architecture is missing",
                "{'os':'linux','architecture':'amd64','rootfs':{'type':'tarball'}}|rootfs.type is \"tarball\"",
                "{'os':'linux','architecture':'amd64','rootfs':{'diff_ids':['x']}}|rootfs.diff_ids[0] is not a digest",
                "{'os':'linux','architecture':'amd64','rootfs':{},'created':'today'}|created is not an RFC 3339 time",
                "{'os':'linux','architecture':'amd64','rootfs':{},'config':[]}|config is not an object",
                "{'os':'linux','architecture':'amd64','rootfs':{},'config':{'Env':'A=b'}}|config.Env is not a list",
                "{'os':'linux','architecture':'amd64','rootfs':{},'config':{'Cmd':[1]}}|config.Cmd[0] is not a string",
            })
    void saysWhichFieldIsWrong(String document, String problem) {
        GantryException error = catchThrowableOfType(GantryException.class, () -> parse(document));
        assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
        assertThat(error).hasMessageStartingWith("read config of x: ").hasMessageContaining(problem);
    }
}
