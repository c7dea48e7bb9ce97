/** Fakes and helpers that the tests of all modules share: a scripted process runner, a kernel in memory, assumptions about the machine. */
@NullMarked
package io.gantry.platform.testing;

import org.jspecify.annotations.NullMarked;
