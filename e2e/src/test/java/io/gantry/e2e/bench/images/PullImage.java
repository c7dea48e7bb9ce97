package io.gantry.e2e.bench.images;

import java.util.List;
import java.util.stream.IntStream;

/**
 * One image of the pull benchmark.
 *
 * @param tag under {@code bench.example.test/pull}
 * @param layers seeds of its layers
 * @param layerBytes file data in each layer
 * @param zstd whether layers are compressed with zstd, not gzip
 */
public record PullImage(String tag, String title, List<Integer> layers, long layerBytes, FileMix mix, boolean zstd) {
    private static final long MIB = 1 << 20;
    /** Images that are pulled at once by the benchmark of many pulls. */
    public static final int MANY = 16;

    public PullImage {
        layers = List.copyOf(layers);
    }

    /** The images that are pulled one after the other. */
    public static List<PullImage> single() {
        return List.of(
                new PullImage("gzip", "gzip, 5 layers", seeds(100, 5), 200 * MIB, FileMix.APPLICATION, false),
                new PullImage("zstd", "zstd, 5 layers", seeds(100, 5), 200 * MIB, FileMix.APPLICATION, true),
                new PullImage("one", "gzip, one layer", seeds(200, 1), 400 * MIB, FileMix.APPLICATION, false),
                new PullImage("small", "gzip, small files", seeds(300, 3), 32 * MIB, FileMix.SMALL, false));
    }

    /** 1 GiB in images of two layers each. */
    public static List<PullImage> many() {
        return IntStream.range(0, MANY)
                .mapToObj(i -> new PullImage(
                        "many-" + i, "many", seeds(1000 + 10 * i, 2), 32 * MIB, FileMix.APPLICATION, false))
                .toList();
    }

    private static List<Integer> seeds(int first, int count) {
        return IntStream.range(first, first + count).boxed().toList();
    }

    /** The reference to pull it by, through whatever mirror stands for its registry. */
    public String reference() {
        return "bench.example.test/" + repository() + ":" + tag;
    }

    String repository() {
        return "pull";
    }
}
