package io.gantry.image.service;

import org.jspecify.annotations.Nullable;

/** The user part of an image's {@code User}, as the kubelet's {@code runAsNonRoot} check wants it. */
record ImageUser(@Nullable Long uid, String username) {
    private static final long MAX_UID = 0xFFFF_FFFFL;

    /** The part before the colon: a number or a name; neither when it is empty. */
    static ImageUser of(String configUser) {
        int colon = configUser.indexOf(':');
        String user = (colon < 0 ? configUser : configUser.substring(0, colon)).strip();
        if (user.isEmpty()) {
            return new ImageUser(null, "");
        }
        try {
            long uid = Long.parseLong(user);
            if (uid >= 0 && uid <= MAX_UID) {
                return new ImageUser(uid, "");
            }
        } catch (NumberFormatException _) {
            // a name
        }
        return new ImageUser(null, user);
    }
}
