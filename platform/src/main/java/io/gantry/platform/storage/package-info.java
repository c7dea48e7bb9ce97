/** Durable files: atomic replacement and versioned JSON records. Nothing here knows what a record means. */
@NullMarked
package io.gantry.platform.storage;

import org.jspecify.annotations.NullMarked;
