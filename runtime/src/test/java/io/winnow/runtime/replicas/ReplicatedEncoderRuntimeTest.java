package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.v1.VisionManifest;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Pictures and the towers that encode them. */
class ReplicatedEncoderRuntimeTest {

  private final Map<String, FakeTower> towers = new LinkedHashMap<>();
  private final ReplicatedEncoderRuntime runtime;
  private long now;

  ReplicatedEncoderRuntimeTest() {
    towers.put("a", new FakeTower());
    towers.put("b", new FakeTower());
    runtime =
        new ReplicatedEncoderRuntime(
            VisionManifest.getDefaultInstance(),
            new ReplicaSource<>() {
              @Override
              public Set<String> names() {
                return towers.keySet();
              }

              @Override
              public Replica<EncoderRuntime> open(String name) {
                FakeTower tower = towers.get(name);
                return new Replica<>(tower, () -> !tower.stopped);
              }
            },
            ReplicaSettings.defaults(),
            () -> now);
    runtime.tick();
  }

  @Test
  void picturesTakeTurns() {
    for (int picture = 0; picture < 4; picture++) {
      runtime.encode(FloatBuffer.allocate(3));
    }

    assertThat(towers.values()).extracting(tower -> tower.encoded).containsExactly(2, 2);
  }

  @Test
  void aPictureWhoseTowerStopsGoesToAnother() {
    towers.get("a").stopped = true;

    for (int picture = 0; picture < 4; picture++) {
      assertThat(runtime.encode(FloatBuffer.allocate(3)).saliency()).containsExactly(3);
    }

    assertThat(towers.get("a").asked).as("left alone once it failed").isEqualTo(1);
    assertThat(towers.get("b").encoded).isEqualTo(4);
  }

  @Test
  void theTraceGoesToWhicheverTowerTakesThePicture() {
    towers.get("a").stopped = true;

    for (int picture = 0; picture < 2; picture++) {
      runtime.encode(FloatBuffer.allocate(3), Optional.of("00-1-2-01"));
    }

    assertThat(towers.values())
        .extracting(tower -> tower.lastTrace)
        .containsOnly(Optional.of("00-1-2-01"));
  }

  @Test
  void withoutATowerItSaysWhoWasAskedAndRecoversByItself() {
    towers.values().forEach(tower -> tower.stopped = true);

    assertThatThrownBy(() -> runtime.encode(FloatBuffer.allocate(3)))
        .isInstanceOf(RuntimeStoppedException.class)
        .hasMessageContainingAll("a, b", "gone", "ask again");
    runtime.tick();
    assertThat(runtime.alive()).isFalse();

    towers.get("b").stopped = false;
    runtime.encode(FloatBuffer.allocate(3));
    now += ReplicaSettings.defaults().maxEjection().toNanos();
    runtime.tick();
    assertThat(runtime.alive()).isTrue();
  }

  @Test
  void aPictureThatATowerCannotTakeIsNotTriedElsewhere() {
    towers.values().forEach(tower -> tower.defect = true);

    assertThatThrownBy(() -> runtime.encode(FloatBuffer.allocate(3)))
        .isInstanceOf(IllegalStateException.class);

    assertThat(towers.get("a").asked + towers.get("b").asked).isEqualTo(1);
  }

  @Test
  void aPictureThatOneTowerHasNoRoomForGoesToAnotherAndCostsNobodyItsStanding() {
    towers.get("a").full = true;

    for (int picture = 0; picture < 4; picture++) {
      runtime.encode(FloatBuffer.allocate(3));
    }
    assertThat(towers.get("b").encoded).isEqualTo(4);
    assertThat(towers.get("a").asked).as("and is not left alone").isEqualTo(4);

    towers.get("b").full = true;
    assertThatThrownBy(() -> runtime.encode(FloatBuffer.allocate(3)))
        .isInstanceOf(RuntimeFullException.class)
        .hasMessage("full");
    assertThat(runtime.alive()).isTrue();
    towers.values().forEach(tower -> tower.full = false);
    assertThat(runtime.encode(FloatBuffer.allocate(3)).saliency()).containsExactly(3);
  }

  @Test
  void closingClosesTheTowers() {
    runtime.close();

    assertThat(towers.values()).allMatch(tower -> tower.stopped);
    assertThatThrownBy(() -> runtime.encode(FloatBuffer.allocate(3)))
        .isInstanceOf(RuntimeStoppedException.class);
  }

  /** Leaves the buffer's position behind it, as a careless runtime would. */
  private static final class FakeTower implements EncoderRuntime {

    private int asked;
    private Optional<String> lastTrace = Optional.empty();
    private int encoded;
    private boolean stopped;
    private boolean defect;
    private boolean full;

    @Override
    public VisionManifest manifest() {
      return VisionManifest.getDefaultInstance();
    }

    @Override
    public EncodedPicture encode(FloatBuffer pixelValues, Optional<String> traceparent) {
      asked++;
      lastTrace = traceparent;
      float numbers = pixelValues.remaining();
      pixelValues.position(pixelValues.limit());
      if (stopped) {
        throw new RuntimeStoppedException("gone");
      }
      if (full) {
        throw new RuntimeFullException("full");
      }
      if (defect) {
        throw new IllegalStateException("a defect");
      }
      encoded++;
      return new EncodedPicture(FloatBuffer.allocate(1), new float[] {numbers}, 1);
    }

    @Override
    public void close() {
      stopped = true;
    }
  }
}
