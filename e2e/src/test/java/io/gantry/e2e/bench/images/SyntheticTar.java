package io.gantry.e2e.bench.images;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the tar stream of one made-up layer (ustar format). The same arguments give the same bytes. */
final class SyntheticTar {
    private static final int BLOCK = 512;
    private static final int PIECE = 1 << 20;

    private final OutputStream out;
    private final byte[] header = new byte[BLOCK];

    SyntheticTar(OutputStream out) {
        this.out = out;
    }

    /**
     * Writes files until they have {@code bytes} bytes together.
     *
     * @param name of the directory that holds them; layers of one image get different ones
     */
    void write(String name, long seed, long bytes, FileMix mix) throws IOException {
        Dice dice = new Dice(seed);
        Content content = new Content(dice);
        byte[] piece = new byte[PIECE];
        entry(name + "/", 0, '5', 0755);
        long left = bytes;
        for (int number = 0; left > 0; number++) {
            String directory = name + "/d" + number / mix.perDirectory();
            if (number % mix.perDirectory() == 0) {
                entry(directory + "/", 0, '5', 0755);
            }
            int size = (int) Math.min(left, mix.next(dice));
            boolean compressible = dice.below(8) != 0;
            entry(directory + "/file" + number, size, '0', number % 16 == 0 ? 0755 : 0644);
            for (int at = 0; at < size; at += PIECE) {
                int count = Math.min(PIECE, size - at);
                content.fill(piece, count, compressible);
                out.write(piece, 0, count);
            }
            out.write(new byte[-size & BLOCK - 1]);
            left -= Math.max(size, 1);
        }
        out.write(new byte[2 * BLOCK]);
    }

    private void entry(String path, int size, char type, int mode) throws IOException {
        Arrays.fill(header, (byte) 0);
        text(0, path);
        text(100, "%07o".formatted(mode));
        text(108, "0000000");
        text(116, "0000000");
        text(124, "%011o".formatted(size));
        text(136, "%011o".formatted(1_767_225_600L));
        text(148, "        ");
        header[156] = (byte) type;
        text(257, "ustar\00000");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        text(148, "%06o\0 ".formatted(sum));
        out.write(header);
    }

    private void text(int at, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
