package io.gantry.image.codec;

import static io.gantry.image.testing.Compressed.gzip;
import static io.gantry.image.testing.Compressed.join;
import static io.gantry.image.testing.Compressed.zstd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.budget.TransferBudget;
import io.gantry.image.budget.TransferMemory;
import io.gantry.image.testing.MemoryFeed;
import io.gantry.platform.linux.IsalInflater;
import io.gantry.platform.linux.ZstdInflater;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerDecoderTests {
    /** Text, noise and runs: stored, fixed and dynamic blocks, matches far and near. */
    private static byte[] sample(int size) {
        Random random = new Random(size);
        byte[] bytes = new byte[size];
        for (int at = 0; at < size; ) {
            int length = Math.min(size - at, 1 + random.nextInt(5000));
            switch (random.nextInt(3)) {
                case 0 -> {
                    byte[] noise = new byte[length];
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, bytes, at, length);
                }
                case 1 -> Arrays.fill(bytes, at, at + length, (byte) random.nextInt(256));
                default -> {
                    for (int i = at; i < at + length; i++) {
                        bytes[i] = (byte) ('a' + i % 17);
                    }
                }
            }
            at += length;
        }
        return bytes;
    }

    private static byte[] decode(LayerDecoder decoder, int targetBytes) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (decoder) {
            ByteBuffer target = ByteBuffer.allocateDirect(targetBytes);
            while (decoder.decode(target)) {
                target.flip();
                byte[] piece = new byte[target.remaining()];
                target.get(piece);
                out.writeBytes(piece);
                target.clear();
            }
        }
        return out.toByteArray();
    }

    private static byte[] decode(byte[] blob, int chunk) throws Exception {
        return decode(LayerCompression.open(new MemoryFeed(blob, chunk)), 4096);
    }

    private static byte[] decodeLibzstd(byte[] blob, int chunk, TransferMemory memory) throws Exception {
        Assumptions.assumeTrue(ZstdInflater.isAvailable(), "needs libzstd.so.1: install the package libzstd1");
        return decode(new LibzstdDecoder(new MemoryFeed(blob, chunk), memory), 4096);
    }

    private static byte[] decodeFallback(byte[] blob, int chunk) throws Exception {
        return decode(new ZstdDecoder(new MemoryFeed(blob, chunk)), 4096);
    }

    private static byte[] decodeJdk(byte[] blob, int chunk) throws Exception {
        return decode(new JdkGzipDecoder(new MemoryFeed(blob, chunk)), 4096);
    }

    private static byte[] decodeIsal(byte[] blob, int chunk) throws Exception {
        Assumptions.assumeTrue(IsalInflater.isAvailable(), "needs libisal.so.2: install the package libisal2");
        return decode(new IsalGzipDecoder(new MemoryFeed(blob, chunk)), 4096);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, 65536})
    void everyFormatComesOutAsItWentIn(int chunk) throws Exception {
        byte[] plain = sample(200_000);

        assertThat(decodeJdk(gzip(plain), chunk)).isEqualTo(plain);
        assertThat(decodeIsal(gzip(plain), chunk)).isEqualTo(plain);
        assertThat(decodeLibzstd(zstd(plain), chunk, TransferMemory.UNLIMITED)).isEqualTo(plain);
        assertThat(decodeFallback(zstd(plain), chunk)).isEqualTo(plain);
        assertThat(decode(zstd(plain), Math.max(4, chunk))).isEqualTo(plain);
        byte[] tar = Arrays.copyOf(plain, plain.length);
        tar[0] = 'x';
        assertThat(decode(tar, Math.max(4, chunk))).isEqualTo(tar);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, 65536})
    void severalGzipMembersAndZerosAtTheEnd(int chunk) throws Exception {
        byte[] first = sample(70_000);
        byte[] second = sample(300);
        byte[] blob = join(gzip(first), gzip(new byte[0]), gzip(second), new byte[700]);

        assertThat(decodeJdk(blob, chunk)).isEqualTo(join(first, second));
        assertThat(decodeIsal(blob, chunk)).isEqualTo(join(first, second));
    }

    @Test
    void gzipHeaderWithAllOptionalFields() throws Exception {
        byte[] plain = sample(5000);
        byte[] packed = gzip(plain);
        byte[] header = {0x1F, (byte) 0x8B, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 'n', 0, 'c', 'c', 0};
        byte[] blob = join(header, Arrays.copyOfRange(packed, 10, packed.length));

        assertThat(decodeJdk(blob, 3)).isEqualTo(plain);
        assertThat(decodeIsal(blob, 3)).isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 999, 65536})
    void severalZstdFramesAndSkippableOnes(int chunk) throws Exception {
        byte[] first = sample(300_000);
        byte[] second = sample(10);
        byte[] skippable = {0x5E, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};
        byte[] one = join(zstd(first), skippable, zstd(second), zstd(new byte[0]), zstd(second), skippable);
        byte[] other = join(skippable, zstd(second));

        assertThat(decodeLibzstd(one, chunk, TransferMemory.UNLIMITED)).isEqualTo(join(first, second, second));
        assertThat(decodeLibzstd(other, chunk, TransferMemory.UNLIMITED)).isEqualTo(second);
        assertThat(decode(one, Math.max(4, chunk))).isEqualTo(join(first, second, second));
    }

    @Test
    void aZstdWindowIsTakenOutOfTheBudgetOnce() throws Exception {
        byte[] small = zstd(sample(1000));
        byte[] large = zstd(sample(3_000_000));
        TransferBudget budget = new TransferBudget(1, 64 << 20);
        try (TransferMemory memory = budget.enter("pull", 1)) {
            decodeLibzstd(join(small, large, small, large), 1000, memory);
            assertThat(budget.used()).isEqualTo(1 + ZstdFrame.window(ByteBuffer.wrap(large)));
        }
        assertThat(ZstdFrame.window(ByteBuffer.wrap(large))).isGreaterThan(1 << 16);
        assertThat(budget.used()).isZero();
    }

    @Test
    void aZstdWindowThatIsTooLargeIsRefusedBeforeMemoryIsTaken() {
        // Exponent 20: 2^30 bytes.
        byte[] head = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, (byte) 0xA0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        TransferBudget budget = new TransferBudget(1, 1 << 20);

        assertThatThrownBy(() -> {
                    try (TransferMemory memory = budget.enter("pull", 1)) {
                        decodeLibzstd(head, 100, memory);
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessage("it is compressed with a window of 1073741824 bytes, at most 134217728 are accepted");
        assertThat(budget.peak()).isEqualTo(1);
    }

    @Test
    void cutOffAndDamagedStreamsAreErrors() throws Exception {
        byte[] gzip = gzip(sample(50_000));
        byte[] zstd = zstd(sample(50_000));
        for (int length : new int[] {3, 12, 1000, gzip.length - 9, gzip.length - 1}) {
            byte[] cut = Arrays.copyOf(gzip, length);
            assertThatThrownBy(() -> decodeJdk(cut, 100))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("too early");
            assertThatThrownBy(() -> decodeIsal(cut, 100)).isInstanceOf(IOException.class);
        }
        for (int length : new int[] {5, 1000, zstd.length - 1}) {
            byte[] cut = Arrays.copyOf(zstd, length);
            assertThatThrownBy(() -> decode(cut, 100)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> decodeFallback(cut, 100)).isInstanceOf(IOException.class);
        }
        byte[] damaged = gzip.clone();
        Arrays.fill(damaged, 100, 400, (byte) 0xFF);
        assertThatThrownBy(() -> decodeJdk(damaged, 100))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("gzip");
        assertThatThrownBy(() -> decodeIsal(damaged, 100))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("gzip");
        byte[] damagedZstd = zstd.clone();
        Arrays.fill(damagedZstd, 10, 400, (byte) 0xFF);
        assertThatThrownBy(() -> decode(damagedZstd, 100))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("zstd");
        assertThatThrownBy(() -> decode(join(gzip, new byte[] {0, 0, 1}), 100))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("after the end");
        assertThatThrownBy(() -> decode(new byte[0], 100))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("empty");
    }

    @Test
    void formatsAreToldByTheirFirstBytes() {
        assertThat(LayerCompression.sniff(ByteBuffer.wrap(gzip(new byte[1])))).isEqualTo(LayerCompression.GZIP);
        assertThat(LayerCompression.sniff(ByteBuffer.wrap(zstd(new byte[1])))).isEqualTo(LayerCompression.ZSTD);
        assertThat(LayerCompression.sniff(ByteBuffer.wrap(new byte[] {0x1F}))).isEqualTo(LayerCompression.NONE);
        assertThat(LayerCompression.sniff(ByteBuffer.wrap(new byte[512]))).isEqualTo(LayerCompression.NONE);
    }
}
