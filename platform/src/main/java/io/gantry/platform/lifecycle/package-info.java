/** Undo and orderly start and stop: {@link io.gantry.platform.lifecycle.Rollback}. */
@NullMarked
package io.gantry.platform.lifecycle;

import org.jspecify.annotations.NullMarked;
