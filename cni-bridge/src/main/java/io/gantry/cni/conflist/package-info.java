/**
 * CNI network configuration files: parsing ({@link io.gantry.cni.conflist.CniConflist}), choosing one of a directory by
 * name order ({@link io.gantry.cni.conflist.ConflistSnapshot}) and watching that directory ({@link
 * io.gantry.cni.conflist.ConflistDirectory}). Nothing here runs a plugin.
 */
@NullMarked
package io.gantry.cni.conflist;

import org.jspecify.annotations.NullMarked;
