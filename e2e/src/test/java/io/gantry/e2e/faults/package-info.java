/** A registry that fails in a way that a test chooses, and the images that it serves. */
package io.gantry.e2e.faults;
