/**
 * Whole directory trees that others filled: {@link io.gantry.image.tree.TreeRemover} deletes one, {@link
 * io.gantry.image.tree.TreeUsage} measures one. Both go by descriptors and never follow a link.
 */
@NullMarked
package io.gantry.image.tree;

import org.jspecify.annotations.NullMarked;
