package io.gantry.pod.spec;

import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.state.Container.ContainerUser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who a container's first process is: the user asked for, else the image's, else root; its groups from the image's own
 * files (api.proto, LinuxContainerSecurityContext).
 *
 * @param home home directory for the variable HOME
 */
record UserPart(ContainerUser user, String home) {
    /** The user and, where one is named, the group: each a name or a number. */
    private record Wanted(String user, @Nullable String group) {}

    static UserPart resolve(SpecContext context, RootfsFiles files) {
        Wanted wanted = wanted(context);
        Accounts accounts;
        try {
            accounts = Accounts.read(files, context.request().rootfs());
        } catch (IOException e) {
            throw context.unmet(
                            String.valueOf(e.getMessage()), "use an image whose /etc/passwd and /etc/group can be read")
                    .causedBy(e);
        }
        OptionalLong number = Accounts.id(wanted.user());
        Optional<Accounts.User> known =
                number.isPresent() ? accounts.user(number.getAsLong()) : accounts.user(wanted.user());
        if (number.isEmpty() && known.isEmpty()) {
            throw context.invalid("user '" + wanted.user() + "' is not in /etc/passwd of the image");
        }
        long uid = number.isPresent() ? number.getAsLong() : known.orElseThrow().uid();
        long gid = wanted.group() == null
                ? known.map(Accounts.User::gid).orElse(0L)
                : group(context, accounts, wanted.group());

        ContainerSecurity security = context.security();
        Set<Long> groups = new LinkedHashSet<>();
        groups.add(gid);
        for (long group : security.supplementalGroups()) {
            groups.add(checked(context, "supplemental group", group));
        }
        if (security.supplementalGroupsPolicy() == SupplementalGroupsPolicy.MERGE) {
            known.ifPresent(user -> groups.addAll(accounts.memberships(user.name())));
        }
        requireMapped(context, "user", uid, UserNamespace::uids);
        groups.forEach(group -> requireMapped(context, "group", group, UserNamespace::gids));
        String home = known.map(Accounts.User::home)
                .filter(path -> path.startsWith("/"))
                .orElse("/");
        return new UserPart(new ContainerUser(uid, gid, new ArrayList<>(groups)), home);
    }

    /** The OCI runtime would only tell of setuid(2) and "invalid argument". */
    private static void requireMapped(
            SpecContext context, String what, long id, Function<UserNamespace, List<IdMapping>> ids) {
        NamespaceOptions pod = context.request().pod().security().namespaces();
        UserNamespace namespace = pod.usesUserNamespace() ? pod.user() : null;
        if (namespace != null
                && ids.apply(namespace).stream()
                        .noneMatch(range -> id >= range.containerId() && id < range.containerId() + range.length())) {
            throw context.invalid(what + " " + id + " has no id in the user namespace of the pod");
        }
    }

    /** As in config.md, "POSIX-platform User". */
    ObjectNode toJson() {
        ObjectNode json = Nodes.object().put("uid", user.uid()).put("gid", user.gid());
        ArrayNode groups = json.putArray("additionalGids");
        user.supplementalGroups().forEach(groups::add);
        return json;
    }

    private static Wanted wanted(SpecContext context) {
        ContainerSecurity security = context.security();
        Long uid = security.runAsUser();
        String name = security.runAsUserName();
        if (uid != null && !name.isEmpty()) {
            throw context.invalid("run_as_user and run_as_username are both given; give one");
        }
        Long gid = security.runAsGroup();
        if (uid == null && name.isEmpty()) {
            if (gid != null) {
                throw context.invalid("run_as_group is given without run_as_user or run_as_username");
            }
            return ofImage(context.request().image().user());
        }
        String group = gid == null ? null : Long.toString(checked(context, "run_as_group", gid));
        return new Wanted(uid == null ? name : Long.toString(checked(context, "run_as_user", uid)), group);
    }

    private static Wanted ofImage(String user) {
        int colon = user.indexOf(':');
        String name = colon < 0 ? user : user.substring(0, colon);
        String group = colon < 0 || colon == user.length() - 1 ? null : user.substring(colon + 1);
        return new Wanted(name.isEmpty() ? "0" : name, group);
    }

    private static long group(SpecContext context, Accounts accounts, String wanted) {
        OptionalLong number = Accounts.id(wanted);
        if (number.isPresent()) {
            return number.getAsLong();
        }
        return accounts.group(wanted)
                .orElseThrow(() -> context.invalid("group '" + wanted + "' is not in /etc/group of the image"))
                .gid();
    }

    private static long checked(SpecContext context, String what, long id) {
        if (!Accounts.isId(id)) {
            throw context.invalid(what + " " + id + " is outside 0 to 4294967294");
        }
        return id;
    }
}
