/** Runs programs. Uses the JDK alone, since it also runs straight from source. */
@NullMarked
package io.gantry.e2e.process;

import org.jspecify.annotations.NullMarked;
