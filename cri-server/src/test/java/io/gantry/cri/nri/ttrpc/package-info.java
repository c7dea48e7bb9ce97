@NullMarked
package io.gantry.cri.nri.ttrpc;

import org.jspecify.annotations.NullMarked;
