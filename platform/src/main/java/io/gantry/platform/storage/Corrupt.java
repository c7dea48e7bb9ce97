package io.gantry.platform.storage;

import java.nio.file.Path;

/**
 * A record file that could not be read.
 *
 * @param movedTo where it is now; where it was when it could not be moved
 * @param problem what is wrong with it, and what can be done
 */
public record Corrupt(Path movedTo, String problem) {}
