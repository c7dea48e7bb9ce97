package io.gantry.cni.conflist;

/** A configuration file that cannot be used; the message is the problem alone, without the file's name. */
final class InvalidConflist extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidConflist(String problem) {
        super(problem);
    }
}
