package io.gantry.cri.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.config.GantryConfig;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServeOptionsTests {
    @Test
    void readsTheConfigOptionInEveryForm() throws Exception {
        assertThat(ServeOptions.parse(List.of()).config()).isEqualTo(GantryConfig.DEFAULT_FILE);
        assertThat(ServeOptions.parse(List.of("--config", "/a.toml")).config()).isEqualTo(Path.of("/a.toml"));
        assertThat(ServeOptions.parse(List.of("--config=/a.toml")).config()).isEqualTo(Path.of("/a.toml"));
        assertThat(ServeOptions.parse(List.of("-c", "/a.toml")).config()).isEqualTo(Path.of("/a.toml"));
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> ServeOptions.parse(List.of("--confg", "x"))).hasMessage("unknown option \"--confg\"");
        assertThatThrownBy(() -> ServeOptions.parse(List.of("--config"))).hasMessage("option --config needs a file");
        assertThatThrownBy(() -> ServeOptions.parse(List.of("--config="))).hasMessage("\"\" is not the name of a file");
    }
}
