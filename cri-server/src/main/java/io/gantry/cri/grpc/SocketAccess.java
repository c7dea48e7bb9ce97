package io.gantry.cri.grpc;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who may connect to a Unix socket.
 *
 * @param mode permission bits, 0 to 0777; connecting needs write permission (unix(7))
 * @param owner user name or number, empty to leave it
 * @param group group name or number, empty to leave it
 */
public record SocketAccess(int mode, String owner, String group) {
    /** Root alone. */
    public static final SocketAccess OWNER_ONLY = new SocketAccess(0600, "", "");

    public SocketAccess {
        if (mode < 0 || mode > 0777) {
            throw new IllegalArgumentException("mode is not between 0 and 0777: " + Integer.toOctalString(mode));
        }
    }

    Set<PosixFilePermission> permissions() {
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        // Declared in the order of the bits, from owner read (0400) to others execute (0001).
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int i = 0; i < all.length; i++) {
            if ((mode & (0400 >> i)) != 0) {
                set.add(all[i]);
            }
        }
        return set;
    }
}
