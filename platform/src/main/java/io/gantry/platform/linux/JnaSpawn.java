package io.gantry.platform.linux;

import com.sun.jna.Pointer;

/** posix_spawn(3) with its attributes and file actions, which live in native memory for the length of the call. */
final class JnaSpawn {
    private static final short POSIX_SPAWN_SETSIGDEF = 0x04;
    private static final short POSIX_SPAWN_SETSIGMASK = 0x08;
    private static final short POSIX_SPAWN_SETSID = 0x80;

    /** Room enough for glibc's 336, 80 and 128 bytes and for musl's. */
    private static final int ATTRIBUTES = 512;

    private static final int ACTIONS = 256;
    private static final int SIGNALS = 128;

    private JnaSpawn() {}

    static int spawn(String program, String[] argv, String[] environment, String directory, int[] fds) {
        try (NativeBlock memory = new NativeBlock(ATTRIBUTES + ACTIONS + 2L * SIGNALS);
                NativeBlock arguments = strings(argv);
                NativeBlock variables = strings(environment)) {
            Pointer attributes = memory.at(0);
            Pointer actions = memory.at(ATTRIBUTES);
            Pointer noSignals = memory.at(ATTRIBUTES + ACTIONS);
            Pointer allSignals = memory.at(ATTRIBUTES + ACTIONS + SIGNALS);
            allSignals.setMemory(0, SIGNALS, (byte) 0xFF);

            check(Libc.posix_spawnattr_init(attributes), "posix_spawnattr_init", program);
            try {
                check(
                        Libc.posix_spawnattr_setflags(attributes, (short)
                                (POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)),
                        "posix_spawnattr_setflags",
                        program);
                check(Libc.posix_spawnattr_setsigmask(attributes, noSignals), "posix_spawnattr_setsigmask", program);
                check(
                        Libc.posix_spawnattr_setsigdefault(attributes, allSignals),
                        "posix_spawnattr_setsigdefault",
                        program);
                check(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init", program);
                try {
                    return start(
                            program, actions, attributes, arguments.pointer(), variables.pointer(), directory, fds);
                } finally {
                    Libc.posix_spawn_file_actions_destroy(actions);
                }
            } finally {
                Libc.posix_spawnattr_destroy(attributes);
            }
        }
    }

    private static int start(
            String program,
            Pointer actions,
            Pointer attributes,
            Pointer arguments,
            Pointer variables,
            String directory,
            int[] fds) {
        for (int i = 0; i < fds.length; i++) {
            if (fds[i] < fds.length) {
                throw new IllegalArgumentException("descriptor " + fds[i] + " would be overwritten in the child");
            }
            check(
                    Libc.posix_spawn_file_actions_adddup2(actions, fds[i], i),
                    "posix_spawn_file_actions_adddup2",
                    program);
        }
        check(
                Libc.posix_spawn_file_actions_addclosefrom_np(actions, fds.length),
                "posix_spawn_file_actions_addclosefrom_np",
                program);
        check(
                Libc.posix_spawn_file_actions_addchdir_np(actions, PathBytes.terminated(directory)),
                "posix_spawn_file_actions_addchdir_np",
                program);
        int[] pid = new int[1];
        check(
                Libc.posix_spawn(pid, PathBytes.terminated(program), actions, attributes, arguments, variables),
                "posix_spawn",
                program);
        return pid[0];
    }

    private static void check(int error, String call, String subject) {
        if (error != 0) {
            throw new ErrnoException(error, call, subject);
        }
    }

    /** A NULL-terminated array of C strings, with the strings behind it in the same block. */
    private static NativeBlock strings(String[] values) {
        byte[][] encoded = new byte[values.length][];
        long size = 8L * (values.length + 1);
        for (int i = 0; i < values.length; i++) {
            encoded[i] = PathBytes.terminated(values[i]);
            size += encoded[i].length;
        }
        NativeBlock block = new NativeBlock(size);
        long at = 8L * (values.length + 1);
        for (int i = 0; i < values.length; i++) {
            block.pointer().setLong(8L * i, block.address(at));
            block.pointer().write(at, encoded[i], 0, encoded[i].length);
            at += encoded[i].length;
        }
        return block;
    }
}
