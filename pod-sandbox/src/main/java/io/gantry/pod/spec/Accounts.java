package io.gantry.pod.spec;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The users and groups of an image: its /etc/passwd (passwd(5)) and /etc/group (group(5)). Malformed lines are skipped. */
record Accounts(List<User> users, List<Group> groups) {
    /** A line of /etc/passwd. */
    record User(String name, long uid, long gid, String home) {}

    /** A line of /etc/group. */
    record Group(String name, long gid, List<String> members) {}

    /** Reads both files; an image without them has no accounts. */
    static Accounts read(RootfsFiles files, Path rootfs) throws IOException {
        return parse(text(files.read(rootfs, "/etc/passwd")), text(files.read(rootfs, "/etc/group")));
    }

    static Accounts parse(String passwd, String group) {
        List<User> users = new ArrayList<>();
        for (String line : passwd.lines().toList()) {
            String[] fields = line.strip().split(":", -1);
            if (fields.length >= 4 && !fields[0].isEmpty()) {
                OptionalLong uid = id(fields[2]);
                OptionalLong gid = id(fields[3]);
                if (uid.isPresent() && gid.isPresent()) {
                    String home = fields.length > 5 ? fields[5] : "";
                    users.add(new User(fields[0], uid.getAsLong(), gid.getAsLong(), home));
                }
            }
        }
        List<Group> groups = new ArrayList<>();
        for (String line : group.lines().toList()) {
            String[] fields = line.strip().split(":", -1);
            if (fields.length >= 3 && !fields[0].isEmpty()) {
                OptionalLong gid = id(fields[2]);
                if (gid.isPresent()) {
                    List<String> members = fields.length > 3 ? List.of(fields[3].split(",", -1)) : List.of();
                    groups.add(new Group(fields[0], gid.getAsLong(), members));
                }
            }
        }
        return new Accounts(users, groups);
    }

    /** A user or group id as a number, empty when the text is not one: 0 to 4294967294 (credentials(7)). */
    static OptionalLong id(String text) {
        if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        long value = Long.parseLong(text);
        return isId(value) ? OptionalLong.of(value) : OptionalLong.empty();
    }

    /** Whether a number can be an id; the largest one means "unchanged" to the kernel. */
    static boolean isId(long value) {
        return value >= 0 && value < 0xFFFF_FFFFL;
    }

    Optional<User> user(String name) {
        return users.stream().filter(user -> user.name().equals(name)).findFirst();
    }

    Optional<User> user(long uid) {
        return users.stream().filter(user -> user.uid() == uid).findFirst();
    }

    Optional<Group> group(String name) {
        return groups.stream().filter(group -> group.name().equals(name)).findFirst();
    }

    /** The groups that list the user as a member. */
    List<Long> memberships(String userName) {
        return groups.stream()
                .filter(group -> group.members().contains(userName))
                .map(Group::gid)
                .toList();
    }

    private static String text(byte[] content) {
        return new String(content, StandardCharsets.UTF_8);
    }
}
