/** The end-to-end tests. They see Gantry only as a user does: its program, its files and its CRI socket. */
@NullMarked
package io.gantry.e2e;

import org.jspecify.annotations.NullMarked;
