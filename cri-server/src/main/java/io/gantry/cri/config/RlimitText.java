package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.pod.spec.Rlimit;
import io.gantry.pod.spec.Rlimit.Resource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Limits of processes as text: {@code nofile=1024:524288}, {@code core=unlimited}. */
final class RlimitText {
    /** At most 18 digits, which a long holds. */
    private static final Pattern FORM = Pattern.compile("([a-z]+)=(\\d{1,18}|unlimited)(?::(\\d{1,18}|unlimited))?");

    private RlimitText() {}

    /** Each resource at most once. */
    static List<Rlimit> parse(List<String> texts) throws Refused {
        List<Rlimit> limits = new ArrayList<>();
        Set<Resource> seen = EnumSet.noneOf(Resource.class);
        for (String text : texts) {
            Rlimit limit = parse(text);
            if (!seen.add(limit.resource())) {
                throw new Refused(
                        "must have each limit once, not " + limit.resource().shortName() + " again");
            }
            limits.add(limit);
        }
        return List.copyOf(limits);
    }

    private static Rlimit parse(String text) throws Refused {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new Refused("must have limits such as \"nofile=1024:524288\" or \"core=unlimited\", not "
                    + ConfigSection.quote(text));
        }
        Resource resource = Resource.ofShortName(matcher.group(1))
                .orElseThrow(() -> new Refused("must have limits of "
                        + Arrays.stream(Resource.values())
                                .map(Resource::shortName)
                                .sorted()
                                .collect(Collectors.joining(", "))
                        + ", not of \"" + matcher.group(1) + "\""));
        long soft = number(matcher.group(2));
        long hard = matcher.group(3) == null ? soft : number(matcher.group(3));
        if (Long.compareUnsigned(soft, hard) > 0) {
            throw new Refused(
                    "must not have a soft limit above the hard one (soft:hard), as in " + ConfigSection.quote(text));
        }
        return new Rlimit(resource, soft, hard);
    }

    private static long number(String text) {
        return text.equals("unlimited") ? LinuxConstants.RLIM_INFINITY : Long.parseLong(text);
    }
}
