/** What is installed on a node, looked at as files: the program tree, its archive, and the files for systemd and kind. */
@NullMarked
package io.gantry.e2e.tree;

import org.jspecify.annotations.NullMarked;
