@NullMarked
package io.gantry.cri.nri;

import org.jspecify.annotations.NullMarked;
