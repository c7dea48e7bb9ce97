/**
 * What all pulls together may use: memory and a number of transfers, shared out so that no pull keeps another one waiting
 * for its end. Nothing here knows what the memory is for.
 */
@NullMarked
package io.gantry.image.budget;

import org.jspecify.annotations.NullMarked;
