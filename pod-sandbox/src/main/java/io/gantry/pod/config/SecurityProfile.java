package io.gantry.pod.config;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** A seccomp or AppArmor profile as asked for (api.proto SecurityProfile). */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = SecurityProfile.RuntimeDefault.class, name = "RuntimeDefault"),
    @JsonSubTypes.Type(value = SecurityProfile.Unconfined.class, name = "Unconfined"),
    @JsonSubTypes.Type(value = SecurityProfile.Localhost.class, name = "Localhost")
})
public sealed interface SecurityProfile {
    /** The profile that the runtime brings. */
    record RuntimeDefault() implements SecurityProfile {}

    /** No profile. */
    record Unconfined() implements SecurityProfile {}

    /** A profile of the node: a file for seccomp (absolute path), a loaded profile's name for AppArmor. */
    record Localhost(String reference) implements SecurityProfile {}
}
