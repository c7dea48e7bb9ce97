package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.FakeSyscalls;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FakeSyscallsTests extends SyscallsContract {
    private final FakeSyscalls fake = new FakeSyscalls();

    @Override
    Syscalls syscalls() {
        fake.makeDirectories("/work");
        return fake;
    }

    @Override
    String directory() {
        return "/work";
    }

    @Test
    void mountsAreListedFailedAndRecorded() {
        Mounts mounts = new Mounts(fake);
        Path target = Path.of("/work/a b");
        fake.makeDirectories(target.toString());
        mounts.bind(Path.of("/work"), target, true, false);
        assertThat(mounts.isMountPoint(target)).isTrue();
        assertThat(mounts.under(Path.of("/work")).getFirst().isReadOnly()).isTrue();
        assertThat(mounts.unmount(target)).isTrue();
        assertThat(mounts.unmount(target)).isFalse();

        fake.failNext("mount_setattr", Errno.EPERM);
        assertThatThrownBy(() -> mounts.bind(Path.of("/work"), target, true, false))
                .isInstanceOf(GantryException.class);
        assertThat(fake.mounts()).isEmpty();
        assertThat(fake.calls()).contains("mount /work/a b", "umount2 /work/a b");
    }
}
