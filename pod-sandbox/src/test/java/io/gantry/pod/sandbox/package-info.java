@NullMarked
package io.gantry.pod.sandbox;

import org.jspecify.annotations.NullMarked;
