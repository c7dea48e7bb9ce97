package io.gantry.platform.linux;

import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import org.junit.jupiter.api.AfterEach;

class JnaSyscallsTests extends SyscallsContract {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void removeDirectories() {
        directories.close();
    }

    @Override
    Syscalls syscalls() {
        return JnaSyscalls.instance();
    }

    @Override
    String directory() {
        return directories.root().toString();
    }

    @Override
    void assumePrivileged() {
        Privileges.assumeRoot();
        Privileges.assumeCapability("CAP_MKNOD");
    }
}
