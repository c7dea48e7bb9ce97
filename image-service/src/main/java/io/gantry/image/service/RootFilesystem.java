package io.gantry.image.service;

import java.nio.file.Path;

/**
 * A mounted root file system.
 *
 * @param key of its snapshot
 * @param image whose files it shows
 */
public record RootFilesystem(String key, Path mountPoint, Image image) {}
