/**
 * The layers on disk, by diffID, each unpacked in a directory of its own and shared by every image that has it: {@link
 * io.gantry.image.layer.LayerStore}. Nothing here knows images; who still needs a layer is told by the callers.
 */
@NullMarked
package io.gantry.image.layer;

import org.jspecify.annotations.NullMarked;
