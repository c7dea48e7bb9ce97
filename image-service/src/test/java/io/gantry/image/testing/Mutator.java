package io.gantry.image.testing;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/** Damages good inputs in the ways that parsers stumble over; the same seed gives the same damage. */
public final class Mutator {
    private static final byte[] SPECIAL = {0, 1, 0x7F, (byte) 0x80, (byte) 0xFF, '"', '\\', '/', '{', '[', '.', '-', '@'
    };

    private final Random random;
    private final List<byte[]> seeds;

    public Mutator(long seed, List<byte[]> seeds) {
        this.random = new Random(seed);
        this.seeds = List.copyOf(seeds);
    }

    /** The next input: one of the seeds, or two spliced, with some bytes changed, cut out, doubled or put in. */
    public byte[] next() {
        byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
        if (random.nextInt(6) == 0) {
            byte[] other = seeds.get(random.nextInt(seeds.size()));
            bytes = splice(bytes, random.nextInt(bytes.length + 1), other, random.nextInt(other.length + 1));
        }
        for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
            bytes = damage(bytes);
        }
        return bytes;
    }

    private byte[] damage(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(6)) {
            case 0 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 1 -> {
                bytes[at] = SPECIAL[random.nextInt(SPECIAL.length)];
                yield bytes;
            }
            case 2 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            case 3 -> splice(bytes, at, bytes, Math.min(bytes.length, at + 1 + random.nextInt(64)));
            case 4 -> splice(bytes, at, bytes, Math.max(0, at - random.nextInt(600)));
            default -> splice(bytes, at, new byte[0], 0);
        };
    }

    private static byte[] splice(byte[] head, int headEnd, byte[] tail, int tailStart) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(head, 0, headEnd);
        out.write(tail, tailStart, tail.length - tailStart);
        return out.toByteArray();
    }
}
