@NullMarked
package io.gantry.cri.streaming.session;

import org.jspecify.annotations.NullMarked;
