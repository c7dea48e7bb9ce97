/** Whether what is stored is still what was pulled: {@link io.gantry.image.verify.VerifyStore}. */
@NullMarked
package io.gantry.image.verify;

import org.jspecify.annotations.NullMarked;
