package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PemFileTests {
    @TempDir
    Path directory;

    @BeforeAll
    static void needsOpenssl() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is missing: install the package openssl");
    }

    @ParameterizedTest
    @CsvSource({
        "genrsa -traditional 2048, RSA PRIVATE KEY, RSA",
        "genrsa 2048, PRIVATE KEY, RSA",
        "ecparam -name prime256v1 -genkey -noout, EC PRIVATE KEY, EC",
        "ecparam -name secp521r1 -genkey, EC PRIVATE KEY, EC",
        "genpkey -algorithm ed25519, PRIVATE KEY, EdDSA",
    })
    void readsWhatOpensslWrites(String command, String label, String algorithm) throws Exception {
        Path file = directory.resolve("key.pem");
        List<String> argv = new ArrayList<>(List.of("/usr/bin/openssl"));
        argv.addAll(List.of(command.split(" ")));
        Process openssl = new ProcessBuilder(argv)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(file.toFile())
                .start();
        assertThat(openssl.waitFor()).isZero();
        assertThat(Files.readString(file)).contains("BEGIN " + label);
        assertThat(PemFile.read(file).privateKey().getAlgorithm()).isEqualTo(algorithm);
    }
}
