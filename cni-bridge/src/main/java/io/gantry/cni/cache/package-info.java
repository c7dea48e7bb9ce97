/**
 * What Gantry remembers of each attachment, on disk: {@link io.gantry.cni.cache.AttachmentRecord} is written before ADD
 * runs and again with its result, and taken away when DEL is through; {@link io.gantry.cni.cache.AttachmentCache} keeps
 * them. DEL lives from these records alone.
 */
@NullMarked
package io.gantry.cni.cache;

import org.jspecify.annotations.NullMarked;
