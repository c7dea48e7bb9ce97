package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.CompoundFieldOwners;
import io.gantry.cri.nri.proto.Field;
import io.gantry.cri.nri.proto.FieldOwners;
import io.gantry.cri.nri.proto.OwningPlugins;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who changed what in one request: two plugins that set the same thing contradict each other, unless the later one removes
 * what the earlier one set.
 */
final class Owners {
    private record Key(String container, Field field) {}

    private final Map<Key, String> simple = new HashMap<>();
    private final Map<Key, Map<String, String>> compound = new HashMap<>();

    /** @throws GantryException when another plugin has set the field */
    void claim(String container, Field field, PluginName plugin) {
        String owner = simple.putIfAbsent(new Key(container, field), plugin.toString());
        refuse(owner, plugin, field.name(), container);
    }

    /** @throws GantryException when another plugin has set the entry */
    void claim(String container, Field field, String entry, PluginName plugin) {
        String owner = entries(container, field).putIfAbsent(entry, plugin.toString());
        refuse(owner, plugin, field.name() + " entry " + entry, container);
    }

    /** Claims entries of which those with a leading dash are given up by whoever has them. */
    void claimMarked(String container, Field field, Collection<String> keys, PluginName plugin) {
        keys.forEach(key -> Names.removal(key)
                .ifPresent(removed -> entries(container, field).remove(removed)));
        keys.stream().filter(key -> Names.removal(key).isEmpty()).forEach(key -> claim(container, field, key, plugin));
    }

    /** Hooks of several plugins stand beside each other. */
    void note(String container, Field field, PluginName plugin) {
        simple.merge(new Key(container, field), plugin.toString(), (first, second) -> first + "," + second);
    }

    void clear(String container, List<Field> fields) {
        fields.forEach(field -> simple.remove(new Key(container, field)));
    }

    private Map<String, String> entries(String container, Field field) {
        return compound.computeIfAbsent(new Key(container, field), key -> new TreeMap<>());
    }

    private static void refuse(
            @org.jspecify.annotations.Nullable String owner, PluginName plugin, String what, String container) {
        if (owner != null && !owner.equals(plugin.toString())) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            "adjust container " + container,
                            "NRI plugins " + owner + " and " + plugin + " both set " + what)
                    .withRemedy("let only one of them do that");
        }
    }

    /** For plugins that look at what others want. */
    OwningPlugins toMessage() {
        Map<String, FieldOwners.Builder> byContainer = new TreeMap<>();
        simple.forEach((key, owner) -> byContainer
                .computeIfAbsent(key.container(), id -> FieldOwners.newBuilder())
                .putSimple(key.field().getNumber(), owner));
        compound.forEach((key, owners) -> byContainer
                .computeIfAbsent(key.container(), id -> FieldOwners.newBuilder())
                .putCompound(
                        key.field().getNumber(),
                        CompoundFieldOwners.newBuilder().putAllOwners(owners).build()));
        OwningPlugins.Builder message = OwningPlugins.newBuilder();
        byContainer.forEach((id, owners) -> message.putOwners(id, owners.build()));
        return message.build();
    }
}
