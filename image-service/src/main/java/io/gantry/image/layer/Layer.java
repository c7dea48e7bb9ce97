package io.gantry.image.layer;

import java.nio.file.Path;

/**
 * A complete layer.
 *
 * @param files its directory tree
 */
public record Layer(LayerRecord record, Path files) {}
