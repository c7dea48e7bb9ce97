package io.gantry.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobSpoolTests {
    private static final byte[] BLOB = new byte[100_000];
    private static final Descriptor LAYER;

    static {
        new Random(1).nextBytes(BLOB);
        LAYER = Descriptor.of(MediaTypes.OCI_LAYER, Digest.ofSha256(BLOB), BLOB.length);
    }

    @TempDir
    Path directory;

    private final List<Long> asked = new ArrayList<>();

    private BlobSpool spool(String boot) {
        return BlobSpool.in(directory.resolve("spool"), boot, Duration.ofHours(1), 1000);
    }

    private InputStream open(BlobSpool spool, byte[] served, int breaksAt) throws InterruptedException {
        return spool.open(LAYER, from -> {
            asked.add(from);
            return new FilterInputStream(new ByteArrayInputStream(served, (int) from, breaksAt - (int) from)) {
                @Override
                public int read(byte[] target, int offset, int length) throws IOException {
                    int count = super.read(target, offset, length);
                    if (count < 0 && breaksAt < served.length) {
                        throw GantryException.of(ErrorKind.UNAVAILABLE, "pull layer", "broken");
                    }
                    return count;
                }
            };
        });
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
            return files.count();
        }
    }

    @Test
    void aBrokenPullGoesOnWhereItWas() throws Exception {
        try (InputStream first = open(spool("b1"), BLOB, 40_000)) {
            assertThatThrownBy(first::readAllBytes).hasMessageContaining("broken");
        }
        assertThat(files()).isEqualTo(1);
        try (InputStream second = open(spool("b1"), BLOB, BLOB.length)) {
            assertThat(second.readAllBytes()).isEqualTo(BLOB);
        }
        assertThat(asked).containsExactly(0L, 40_000L);
        assertThat(files()).isZero();
    }

    @Test
    void anotherBootStartsAgain() throws Exception {
        try (InputStream first = open(spool("b1"), BLOB, 40_000)) {
            assertThatThrownBy(first::readAllBytes).hasMessageContaining("broken");
        }
        try (InputStream second = open(spool("b2"), BLOB, BLOB.length)) {
            assertThat(second.readAllBytes()).isEqualTo(BLOB);
        }
        assertThat(asked).containsExactly(0L, 0L);
        assertThat(files()).isZero();
    }

    @Test
    void aDamagedSpoolIsAnErrorOnce() throws Exception {
        byte[] wrong = BLOB.clone();
        wrong[5] ^= 1;
        try (InputStream first = open(spool("b1"), wrong, 40_000)) {
            assertThatThrownBy(first::readAllBytes).hasMessageContaining("broken");
        }
        try (InputStream second = open(spool("b1"), BLOB, BLOB.length)) {
            assertThatThrownBy(second::readAllBytes)
                    .isInstanceOf(GantryException.class)
                    .hasMessageContaining("together with the 40000 bytes of an earlier pull its digest is sha256:");
        }
        try (InputStream third = open(spool("b1"), BLOB, BLOB.length)) {
            assertThat(third.readAllBytes()).isEqualTo(BLOB);
        }
        assertThat(asked).containsExactly(0L, 40_000L, 0L);
    }

    @Test
    void smallBlobsAndASpoolThatIsOffLeaveNothing() throws Exception {
        BlobSpool large = BlobSpool.in(directory.resolve("spool"), "b", Duration.ofHours(1), BLOB.length + 1);
        try (InputStream first = open(large, BLOB, 40_000)) {
            assertThatThrownBy(first::readAllBytes).hasMessageContaining("broken");
        }
        assertThat(directory.resolve("spool")).doesNotExist();
        try (InputStream second = open(spool("b"), BLOB, 40_000)) {
            assertThatThrownBy(second::readAllBytes).hasMessageContaining("broken");
        }
        assertThat(files()).isEqualTo(1);
        BlobSpool off = BlobSpool.off(directory.resolve("spool"));
        assertThat(files()).isZero();
        try (InputStream third = open(off, BLOB, BLOB.length)) {
            assertThat(third.readAllBytes()).isEqualTo(BLOB);
        }
        assertThat(files()).isZero();
    }

    @Test
    void twoAtOnceSpoolOnceAndOldOnesGo() throws Exception {
        BlobSpool spool = spool("b");
        try (InputStream first = open(spool, BLOB, 40_000);
                InputStream second = open(spool, BLOB, BLOB.length)) {
            assertThat(first.readNBytes(30_000)).isEqualTo(Arrays.copyOf(BLOB, 30_000));
            assertThat(second.readAllBytes()).isEqualTo(BLOB);
            assertThat(files()).isEqualTo(1);
        }
        try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
            Files.setLastModifiedTime(
                    files.findFirst().orElseThrow(), FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        }
        spool("b");
        assertThat(files()).isZero();
    }
}
