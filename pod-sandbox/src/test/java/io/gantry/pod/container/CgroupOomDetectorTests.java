package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupOomDetectorTests {
    @TempDir
    Path directory;

    private OomTree tree;

    @BeforeEach
    void plant() {
        tree = new OomTree(directory);
        tree.run("a");
        tree.run("b");
    }

    @Test
    void itsOwnCounterTellsWhileItIsThere() {
        tree.kill("a", 1);

        assertThat(tree.ends("a", 137)).isTrue();
        assertThat(tree.ends("b", 137)).isFalse();
    }

    @Test
    void aKilledChildIsNoEndByTheOomKiller() {
        tree.kill("a", 1);

        assertThat(tree.ends("a", 1)).isFalse();
    }

    @Test
    void conmonsMarkerTells() {
        tree.mark("a");
        tree.vanish("a");

        assertThat(tree.ends("a", 137)).isTrue();
    }

    /** systemd was faster than we and conmon. */
    @Test
    void theParentTellsOfAScopeThatIsGone() {
        tree.kill("a", 3);
        tree.vanish("a");

        assertThat(tree.ends("a", 137)).isTrue();
        tree.vanish("b");
        assertThat(tree.ends("b", 137)).as("a sibling's kill is not told twice").isFalse();
    }

    @Test
    void aScopeThatIsGoneWithoutAKill() {
        tree.vanish("a");

        assertThat(tree.ends("a", 137)).isFalse();
    }

    @Test
    void theSameQuestionGetsTheSameAnswer() {
        tree.kill("a", 1);
        tree.vanish("a");

        assertThat(tree.detector().wasOomKilled(tree.container("a"), 137)).isTrue();
        assertThat(tree.ends("a", 137)).isTrue();
        tree.cleanUp("a");
        assertThat(tree.detector().wasOomKilled(tree.container("a"), 137)).isTrue();
    }

    @Test
    void killsBeforeItsStartAreNotItsOwn() {
        tree.kill("a", 2);
        tree.vanish("a");
        tree.run("c");
        tree.vanish("c");

        assertThat(tree.ends("c", 137)).isFalse();
        assertThat(tree.ends("a", 137)).isTrue();
    }

    @Test
    void killsOfAContainerThatWentOnAreNotANeighbours() {
        tree.kill("a", 2);
        assertThat(tree.ends("a", 0)).isFalse();
        tree.cleanUp("a");
        tree.vanish("b");

        assertThat(tree.ends("b", 137)).isFalse();
    }

    @Test
    void killsOfAContainerThatWasNotStartedAreNotANeighbours() {
        tree.create("c");
        tree.kill("c", 1);
        tree.settle("c", 137);
        tree.cleanUp("c");
        tree.vanish("b");

        assertThat(tree.ends("b", 137)).isFalse();
    }

    @Test
    void aNeighbourThatGoesOnIsToldOfItsOwnKillLater() {
        tree.kill("a", 1);
        tree.vanish("a");
        assertThat(tree.ends("a", 137)).isTrue();
        tree.kill("b", 1);
        tree.vanish("b");

        assertThat(tree.ends("b", 137)).isTrue();
    }

    @Test
    void twoAtOnceAreBothTold() {
        tree.kill("a", 3);
        tree.kill("b", 1);
        tree.vanish("a");
        tree.vanish("b");

        assertThat(tree.ends("a", 137)).isTrue();
        assertThat(tree.ends("b", 137)).isTrue();
    }

    @Test
    void oneThatEndedWellAtTheSameTimeTakesNothingFromANeighbour() {
        tree.kill("b", 1);
        tree.vanish("a");
        tree.vanish("b");

        assertThat(tree.ends("a", 0)).isFalse();
        assertThat(tree.ends("b", 137)).isTrue();
    }

    @Test
    void ourOwnSigkillIsNoOom() {
        tree.kill("b", 1);
        tree.vanish("a");
        tree.vanish("b");
        tree.detector().killing("a");

        assertThat(tree.ends("a", 137)).isFalse();
        assertThat(tree.ends("b", 137)).isTrue();
    }

    @Test
    void ourOwnSigkillComesTooLateWhenTheMarkerSaysSo() {
        tree.detector().killing("a");
        tree.mark("a");
        tree.vanish("a");

        assertThat(tree.ends("a", 137)).isTrue();
    }

    @Test
    void whatIsRemovedIsForgotten() {
        tree.detector().killing("a");
        tree.detector().forget("a");
        tree.kill("a", 1);
        tree.vanish("a");

        assertThat(tree.ends("a", 137)).isTrue();
    }

    @Test
    void aKillWhileTheDaemonIsDownIsTold() {
        tree.kill("b", 1);
        tree.vanish("b");
        assertThat(tree.ends("b", 137)).isTrue();

        tree.restart();
        tree.run("c");
        tree.kill("a", 1);
        tree.vanish("a");
        tree.vanish("c");
        tree.restart();

        assertThat(tree.ends("a", 137)).isTrue();
        assertThat(tree.ends("c", 137)).isFalse();
    }
}
