/** Deadlines, locks per key, joined flights and task scopes on virtual threads. Cancellation is thread interruption everywhere. */
@NullMarked
package io.gantry.platform.concurrent;

import org.jspecify.annotations.NullMarked;
