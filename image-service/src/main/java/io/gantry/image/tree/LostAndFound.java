package io.gantry.image.tree;

/** What ext file systems have in their top directory. It is theirs, also where that directory is a store. */
public final class LostAndFound {
    private static final String NAME = "lost+found";

    private LostAndFound() {}

    /** Whether this name in a store's directory is none of the store's. */
    public static boolean is(String name) {
        return name.equals(NAME);
    }
}
