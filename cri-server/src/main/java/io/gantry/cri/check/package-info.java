/** What this host must have for Gantry to work, and how to get what is missing: {@link io.gantry.cri.check.HostCheck}. */
@NullMarked
package io.gantry.cri.check;

import org.jspecify.annotations.NullMarked;
