/** What a failure is: {@link io.gantry.platform.error.GantryException} with its {@link io.gantry.platform.error.ErrorKind}. Nothing here knows gRPC. */
@NullMarked
package io.gantry.platform.error;

import org.jspecify.annotations.NullMarked;
