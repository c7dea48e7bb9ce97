@NullMarked
package io.gantry.pod.monitor;

import org.jspecify.annotations.NullMarked;
