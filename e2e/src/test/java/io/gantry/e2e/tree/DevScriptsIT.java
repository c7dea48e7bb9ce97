package io.gantry.e2e.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts of {@code ./dev} that a machine with everything on it does not reach. */
class DevScriptsIT {
    @TempDir
    private Path directory;

    @Test
    void aBuildIsToldByItsModules() throws Exception {
        Result told = common("""
                printf '%s\\n' '[INFO] Building Gantry 0.1.0-SNAPSHOT   [1/7]' '[INFO] other' \
                    '[INFO] Building Gantry platform 0.1.0-SNAPSHOT       [2/7]' | show_progress""");
        assertThat(told.output().lines().map(line -> line.strip().replaceFirst("^\\d+ s +", "")))
                .containsExactly("module 1 of 7: Gantry", "module 2 of 7: Gantry platform");
    }

    @Test
    void anInstallationIsToldByItsSize() throws Exception {
        Result told = common("""
                printf '%s\\n' '0 upgraded, 12 newly installed, 0 to remove and 3 not upgraded.' \
                    'Need to get 34.5 MB of archives.' 'Unpacking a' | show_progress""");
        assertThat(told.output()).endsWith("s  12 packages, 34.5 MB\n").hasLineCount(1);
    }

    @Test
    void aFailureEndsTheCommandAndNamesTheLog() throws Exception {
        Result failed = common("quietly \"$1/log\" sh -c 'echo first; echo \"[ERROR] the reason\"; exit 3'");
        assertThat(failed.status()).isEqualTo(1);
        assertThat(failed.error()).contains("[ERROR] the reason").contains("the whole output is in " + directory);
        assertThat(directory.resolve("log")).hasContent("first\n[ERROR] the reason");
    }

    @Test
    void theMirrorIsTheOneThatAptUses() throws Exception {
        program(directory.resolve("apt-get"), """
                printf '%s\\n' 'http://mirror.test/debian/ bookworm' 'http://other.test/debian/ bookworm-updates'""");
        Result found = common("PATH=$1:$PATH; debian_mirror");
        assertThat(found.output()).isEqualTo("http://mirror.test/debian\n");
    }

    @Test
    void noMirrorIsMadeUp() throws Exception {
        program(directory.resolve("apt-get"), "exit 0");
        Result none = common("PATH=$1:$PATH; debian_mirror");
        assertThat(none.status()).isNotZero();
        assertThat(none.output()).isEmpty();
    }

    /** What stands for a program of a JDK that brings its C library, called by its name, a link, and from another place. */
    @Test
    void aProgramIsStartedWithTheLibraryThatItBrings() throws Exception {
        Path stand = Toolbox.checkout().resolve("deploy/src/main/sh/with-own-libc");
        Path home = Files.createDirectories(directory.resolve("a jdk"));
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.copy(stand, java);
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        program(home.resolve("bin/ld-linux-test.so.2"), "printf '%s\\n' \"$@\"");
        String[] expected = {"--library-path", home + "/libc", home + "/elf/java", "-cp", "a b"};

        assertThat(Command.of(java, "-cp", "a b").run().lines()).containsExactly(expected);
        Path link = Files.createSymbolicLink(directory.resolve("j"), java);
        assertThat(Command.of(link, "-cp", "a b").run().lines()).containsExactly(expected);
    }

    /** Runs a script behind {@code e2e/dev/common.sh}, as ./dev does; its first argument is the test's directory. */
    private Result common(String script) throws Exception {
        String common = Toolbox.checkout().resolve("e2e/dev/common.sh").toString();
        return Command.of("bash", "-euo", "pipefail", "-c", ". '" + common + "'\n" + script, "dev", directory)
                .env("GANTRY_CACHE", directory.toString())
                .result();
    }

    private static void program(Path at, String script) throws IOException {
        Files.writeString(at, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
