package io.gantry.pod.runtime;

import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.ProcessScan;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The processes below one process, by parents, and by sessions for those whose parent has ended (credentials(7)). */
final class ProcessTree {
    /** Each round stops what the round before had not seen; a tree that still grows then is a fork bomb. */
    private static final int ROUNDS = 32;

    private record Stat(int pid, int parent, int session, long startTime) {}

    private ProcessTree() {}

    /**
     * Sends SIGKILL to all processes below {@code ancestor}, not to itself. They are stopped first, so that none starts
     * another one unseen. The caller sees to it that {@code ancestor} is not reaped meanwhile.
     */
    static void killBelow(int ancestor) {
        Map<ProcessIdentity, PidFd> held = new HashMap<>();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                boolean found = false;
                for (ProcessIdentity process : below(ancestor, held.keySet())) {
                    if (held.containsKey(process)) {
                        continue;
                    }
                    Optional<PidFd> opened = PidFd.open(process);
                    if (opened.isPresent()) {
                        held.put(process, opened.get());
                        found |= opened.get().signal(Signals.SIGSTOP);
                    }
                }
                if (!found) {
                    break;
                }
            }
            held.values().forEach(process -> process.signal(Signals.SIGKILL));
        } finally {
            held.values().forEach(PidFd::close);
        }
    }

    /** Members of the tree, and of the sessions that members of it are in and the ancestor is not. */
    private static Set<ProcessIdentity> below(int ancestor, Set<ProcessIdentity> known) {
        List<Stat> all = all();
        Set<Integer> outer = new HashSet<>();
        all.stream().filter(process -> process.pid() == ancestor).forEach(process -> outer.add(process.session()));
        Set<Integer> parents = new HashSet<>(Set.of(ancestor));
        known.forEach(process -> parents.add(process.pid()));
        Set<Integer> sessions = new HashSet<>();
        Map<Integer, Stat> members = new HashMap<>();
        boolean grew = true;
        while (grew) {
            grew = false;
            for (Stat process : all) {
                boolean belongs = parents.contains(process.parent()) || sessions.contains(process.session());
                if (belongs && process.pid() != ancestor && members.putIfAbsent(process.pid(), process) == null) {
                    parents.add(process.pid());
                    if (!outer.contains(process.session())) {
                        sessions.add(process.session());
                    }
                    grew = true;
                }
            }
        }
        Set<ProcessIdentity> identities = new HashSet<>();
        members.values().forEach(process -> identities.add(new ProcessIdentity(process.pid(), process.startTime())));
        return identities;
    }

    private static List<Stat> all() {
        List<Stat> all = new ArrayList<>();
        try {
            for (int pid : ProcessScan.pids()) {
                read(pid).ifPresent(all::add);
            }
        } catch (IOException e) {
            return all;
        }
        return all;
    }

    /** See proc_pid_stat(5): the name in parentheses may hold anything, the fields behind it are numbers. */
    private static Optional<Stat> read(int pid) {
        try {
            String stat = ProcessScan.text(pid, "stat");
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Optional.of(new Stat(
                    pid, Integer.parseInt(fields[1]), Integer.parseInt(fields[3]), Long.parseLong(fields[19])));
        } catch (RuntimeException e) {
            return Optional.empty(); // ended meanwhile
        }
    }
}
