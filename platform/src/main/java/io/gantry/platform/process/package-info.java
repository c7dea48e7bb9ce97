/** Child processes: {@link io.gantry.platform.process.Command}, {@link io.gantry.platform.process.ProcessRunner}, {@link io.gantry.platform.process.RunningProcess}. Every program that Gantry starts goes through here. */
@NullMarked
package io.gantry.platform.process;

import org.jspecify.annotations.NullMarked;
