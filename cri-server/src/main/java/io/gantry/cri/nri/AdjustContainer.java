package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.CDIDevice;
import io.gantry.cri.nri.proto.ContainerAdjustment;
import io.gantry.cri.nri.proto.CreateContainerResponse;
import io.gantry.cri.nri.proto.Event;
import io.gantry.cri.nri.proto.LifecycleRequest;
import io.gantry.cri.nri.proto.PluginInstance;
import io.gantry.cri.nri.proto.ValidateContainerAdjustmentRequest;
import io.gantry.cri.nri.proto.ValidateContainerAdjustmentResponse;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.plugin.PodAccess;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks plugins, one after the other, what they want changed in a container that is being created. Each sees what those
 * before it have changed; then those that judge are asked, and the changes of other containers are made.
 */
final class AdjustContainer {
    private final List<Plugin> plugins;
    private final PodAccess access;

    AdjustContainer(List<Plugin> plugins, PodAccess access) {
        this.plugins = plugins;
        this.access = access;
    }

    /** @return CDI devices to inject besides */
    List<String> execute(PodSandbox sandbox, Container container, ObjectNode spec) throws InterruptedException {
        var pod = PodMessages.of(sandbox);
        var pristine = ContainerMessages.of(container, spec);
        Owners owners = new Owners();
        Updates updates = new Updates(owners);
        MergedAdjustment merged = new MergedAdjustment();
        SpecAdjustment adjustment = new SpecAdjustment(spec);
        List<String> devices = new ArrayList<>();
        List<Runnable> evictions = new ArrayList<>();
        for (Plugin plugin : plugins) {
            if (!plugin.wants(Event.CREATE_CONTAINER)) {
                continue;
            }
            LifecycleRequest request = LifecycleRequest.newBuilder()
                    .setPod(pod)
                    .setContainer(ContainerMessages.of(container, spec))
                    .build();
            Optional<CreateContainerResponse> answer =
                    plugin.ask(Event.CREATE_CONTAINER, request, CreateContainerResponse.parser());
            if (answer.isPresent()) {
                ContainerAdjustment wanted = answer.get().getAdjust();
                new Claims(owners, container.id(), plugin.name()).claim(wanted);
                adjustment.apply(wanted);
                merged.add(wanted);
                wanted.getCDIDevicesList().stream().map(CDIDevice::getName).forEach(devices::add);
                updates.add(plugin.name(), answer.get().getUpdateList());
                var evicted = answer.get().getEvictList();
                evictions.add(() -> Updates.evict(access, plugin.name(), evicted));
            }
        }
        if (updates.concern(container.id())) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    "adjust container " + container.id(),
                    "an NRI plugin wants to update it, but it is only being created");
        }
        validate(ValidateContainerAdjustmentRequest.newBuilder()
                .setPod(pod)
                .setContainer(pristine)
                .setAdjust(merged.toMessage())
                .addAllUpdate(updates.all())
                .setOwners(owners.toMessage()));
        updates.apply(access);
        evictions.forEach(Runnable::run);
        return devices;
    }

    private void validate(ValidateContainerAdjustmentRequest.Builder request) throws InterruptedException {
        List<Plugin> judges = plugins.stream()
                .filter(plugin -> plugin.wants(Event.VALIDATE_CONTAINER_ADJUSTMENT))
                .toList();
        if (judges.isEmpty()) {
            return;
        }
        for (Plugin plugin : plugins) {
            request.addPlugins(PluginInstance.newBuilder()
                    .setName(plugin.name().base())
                    .setIndex(plugin.name().index()));
        }
        for (Plugin judge : judges) {
            Optional<ValidateContainerAdjustmentResponse> verdict = judge.ask(
                    Event.VALIDATE_CONTAINER_ADJUSTMENT, request.build(), ValidateContainerAdjustmentResponse.parser());
            if (verdict.isPresent() && verdict.get().getReject()) {
                String reason = verdict.get().getReason();
                throw GantryException.of(
                        ErrorKind.FAILED_PRECONDITION,
                        "adjust container " + request.getContainer().getId(),
                        "NRI plugin " + judge.name() + " rejects what plugins want changed: "
                                + (reason.isEmpty() ? "it gives no reason" : reason));
            }
        }
    }
}
