/**
 * The daemon's own log: {@link io.gantry.cri.logging.LogSetup} puts one handler behind slf4j and java.util.logging that
 * writes one line for each event to standard error.
 */
@NullMarked
package io.gantry.cri.logging;

import org.jspecify.annotations.NullMarked;
