package io.gantry.platform.testing;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The real kernel, but for calls that are told to fail: older kernels, full disks, used-up descriptors. */
public final class SabotagedSyscalls {
    private record Rule(String method, Predicate<@Nullable Object[]> arguments, int errno) {}

    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();

    /** Calls of this method of {@link Syscalls} fail from now on. */
    public SabotagedSyscalls fail(String method, int errno) {
        return fail(method, arguments -> true, errno);
    }

    /** Calls of this method with such arguments fail from now on. */
    public SabotagedSyscalls fail(String method, Predicate<@Nullable Object[]> arguments, int errno) {
        rules.add(new Rule(method, arguments, errno));
        return this;
    }

    /** How many calls were made to fail. */
    public int failures() {
        return failures.get();
    }

    public Syscalls syscalls() {
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (proxy, method, given) -> {
                    @Nullable Object[] arguments = given == null ? new @Nullable Object[0] : given;
                    for (Rule rule : rules) {
                        if (rule.method.equals(method.getName()) && rule.arguments.test(arguments)) {
                            failures.incrementAndGet();
                            throw new ErrnoException(rule.errno, method.getName(), "(sabotaged)");
                        }
                    }
                    try {
                        return method.invoke(JnaSyscalls.instance(), given);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }
}
