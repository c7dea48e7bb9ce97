package io.gantry.pod.runtime;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.process.ProcessRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table of runtime handlers. Each is probed once, in the background; whoever asks for one earlier waits for its
 * probe. A handler that did not work is probed again when it is asked for again, so that installing its program is enough.
 */
public final class RuntimeHandlers {
    private static final Logger log = LoggerFactory.getLogger(RuntimeHandlers.class);

    /** Preferred where nothing is configured: crun starts containers faster. */
    private static final List<String> PREFERENCE = List.of("crun", "runc");

    private final Map<String, ProbedHandler> entries = new TreeMap<>();
    private final String configuredDefault;
    private volatile @Nullable String foundDefault;

    private RuntimeHandlers(Map<String, HandlerConfig> configs, String configuredDefault, RuntimeProbe probe) {
        configs.forEach((name, config) -> entries.put(name, new ProbedHandler(name, config, probe)));
        this.configuredDefault = configuredDefault;
    }

    /**
     * Makes the table and starts the probes.
     *
     * @param defaultHandler name of the default handler; empty for the first that works of crun, runc and the others by
     *     name
     * @throws GantryException INVALID_ARGUMENT when the table is empty or the default is not in it
     */
    public static RuntimeHandlers open(
            Map<String, HandlerConfig> configs, String defaultHandler, HostFacts host, ProcessRunner runner) {
        String action = "read the table of runtime handlers";
        if (configs.isEmpty()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "it is empty")
                    .withRemedy("configure one under [runtime.handlers.NAME]");
        }
        if (!defaultHandler.isEmpty() && !configs.containsKey(defaultHandler)) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            action,
                            "the default handler '" + defaultHandler + "' is not in it")
                    .withRemedy("set runtime.default_handler to one of " + new TreeMap<>(configs).keySet());
        }
        RuntimeHandlers handlers = new RuntimeHandlers(configs, defaultHandler, new RuntimeProbe(host, runner));
        handlers.entries.values().forEach(ProbedHandler::start);
        return handlers;
    }

    /**
     * The handler of that name, the default one for an empty name.
     *
     * @throws GantryException NOT_FOUND when it is not in the table, FAILED_PRECONDITION when it does not work on this host
     */
    public RuntimeHandler require(String name) throws InterruptedException {
        if (name.isEmpty()) {
            return defaultHandler();
        }
        ProbedHandler entry = entries.get(name);
        if (entry == null) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "use runtime handler '" + name + "'", "no such handler")
                    .withRemedy("configure it under [runtime.handlers." + name + "]; there are " + entries.keySet());
        }
        return entry.require();
    }

    /**
     * The handler of containers that name none.
     *
     * @throws GantryException FAILED_PRECONDITION when none works; the text has the reason of each
     */
    public RuntimeHandler defaultHandler() throws InterruptedException {
        String known = configuredDefault.isEmpty() ? foundDefault : configuredDefault;
        if (known != null) {
            return require(known);
        }
        List<GantryException> problems = new ArrayList<>();
        for (ProbedHandler entry : byPreference()) {
            try {
                RuntimeHandler handler = entry.require();
                foundDefault = handler.name();
                log.info("default runtime handler: name={} version=\"{}\"", handler.name(), handler.version());
                return handler;
            } catch (GantryException e) {
                problems.add(e);
            }
        }
        StringBuilder text = new StringBuilder("none works on this host");
        problems.forEach(
                problem -> text.append(" [").append(problem.getMessage()).append(']'));
        GantryException failure = GantryException.of(
                ErrorKind.FAILED_PRECONDITION, "choose the default runtime handler", text.toString());
        problems.forEach(failure::addSuppressed);
        throw failure;
    }

    /** The handlers that work, by name. */
    public List<HandlerInfo> list() throws InterruptedException {
        String defaultName;
        try {
            defaultName = defaultHandler().name();
        } catch (GantryException e) {
            defaultName = "";
        }
        List<HandlerInfo> working = new ArrayList<>();
        for (ProbedHandler entry : entries.values()) {
            Optional<RuntimeHandler> handler = entry.ifWorking();
            if (handler.isPresent()) {
                working.add(new HandlerInfo(
                        entry.name(),
                        entry.name().equals(defaultName),
                        handler.get().features().recursiveReadOnly(),
                        handler.get().features().userNamespaces()));
            }
        }
        return working;
    }

    /** Why a handler does not work, by its name; empty when all do. */
    public Map<String, String> problems() throws InterruptedException {
        Map<String, String> problems = new TreeMap<>();
        for (ProbedHandler entry : entries.values()) {
            Optional<GantryException> problem = entry.problem();
            if (problem.isPresent()) {
                problems.put(entry.name(), String.valueOf(problem.get().getMessage()));
            }
        }
        return problems;
    }

    private List<ProbedHandler> byPreference() {
        List<ProbedHandler> ordered = new ArrayList<>();
        for (String name : PREFERENCE) {
            ProbedHandler entry = entries.get(name);
            if (entry != null) {
                ordered.add(entry);
            }
        }
        entries.values().stream().filter(entry -> !ordered.contains(entry)).forEach(ordered::add);
        return ordered;
    }
}
