package io.gantry.cri.nri.ttrpc;

/** The other side answered a call with an error. */
public final class StatusException extends Exception {
    private static final long serialVersionUID = 1L;

    /** gRPC's codes of what is looked for or sent here. */
    public static final int UNKNOWN = 2;

    public static final int INVALID_ARGUMENT = 3;
    public static final int RESOURCE_EXHAUSTED = 8;
    public static final int UNIMPLEMENTED = 12;
    public static final int INTERNAL = 13;

    private final int code;

    /** @param code one of gRPC's status codes */
    public StatusException(int code, String message) {
        super(message);
        this.code = code;
    }

    public int code() {
        return code;
    }
}
