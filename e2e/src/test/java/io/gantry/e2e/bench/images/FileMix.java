package io.gantry.e2e.bench.images;

/** Sizes of the files in a layer. */
enum FileMix {
    /** Mostly small files, most bytes in the large ones: what an application image with its libraries has. */
    APPLICATION,
    /** Up to 4 KiB each, as in a tree of sources or modules. */
    SMALL;

    /** The size of the next file in bytes. */
    int next(Dice dice) {
        if (this == SMALL) {
            return dice.below(4096);
        }
        int kind = dice.below(1000);
        if (kind < 900) {
            return dice.around(512, 6);
        }
        return kind < 995 ? dice.around(32 << 10, 5) : dice.around(1 << 20, 4);
    }

    /** Files in one directory. */
    int perDirectory() {
        return this == SMALL ? 100 : 40;
    }
}
