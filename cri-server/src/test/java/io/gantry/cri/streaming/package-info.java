@NullMarked
package io.gantry.cri.streaming;

import org.jspecify.annotations.NullMarked;
