/**
 * From the bytes of a layer blob to its tar stream: {@link io.gantry.image.codec.ChunkPipe} carries them from thread to
 * thread in a bounded number of buffers, {@link io.gantry.image.codec.LayerCompression} recognises the format and opens
 * the {@link io.gantry.image.codec.LayerDecoder} for it. Nothing here knows tar or registries.
 */
@NullMarked
package io.gantry.image.codec;

import org.jspecify.annotations.NullMarked;
