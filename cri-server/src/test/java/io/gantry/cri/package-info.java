/** What is held over all modules: the arrows between them, their packages, and the tables of the documents. */
@NullMarked
package io.gantry.cri;

import org.jspecify.annotations.NullMarked;
