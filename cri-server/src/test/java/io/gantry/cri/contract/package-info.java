@NullMarked
package io.gantry.cri.contract;

import org.jspecify.annotations.NullMarked;
