package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeStoppedException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a vision tower gives, alone, in company and at its end. For every runtime. */
public abstract class EncoderContract {

  private static final int THREADS = 4;
  private static final int TIMEOUT_SECONDS = 60;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private EncoderRuntime runtime;

  /** Opens the vision tower of this model; the test closes it. */
  protected abstract EncoderRuntime open(RepositoryModel model);

  @BeforeEach
  void openRuntime() {
    runtime = open(DemoModel.model());
  }

  @AfterEach
  void closeRuntime() {
    runtime.close();
    threads.shutdownNow();
  }

  @Test
  void encodesPicturesLikeTheReference() {
    for (JsonNode golden : DemoModel.goldens("vision.json")) {
      EncodedPicture encoded = runtime.encode(DemoModel.pixels(golden.get("picture").asText()));

      assertThat(encoded.tokens()).isEqualTo(DemoModel.VISUAL_TOKENS);
      assertThat(encoded.visualTokens().remaining())
          .isEqualTo(encoded.tokens() * encoded.hiddenSize());
      for (int token = 0; token < encoded.tokens(); token++) {
        assertThat((double) encoded.saliency()[token])
            .isCloseTo(golden.get("saliency").get(token).asDouble(), within(1e-5));
      }
      long[] rows = DemoModel.longs(golden.get("rows"));
      for (int index = 0; index < rows.length; index++) {
        JsonNode row = golden.get("features").get(index);
        assertThat(row).hasSize(encoded.hiddenSize());
        for (int channel = 0; channel < row.size(); channel++) {
          int place = (int) rows[index] * encoded.hiddenSize() + channel;
          assertThat((double) encoded.visualTokens().get(place))
              .isCloseTo(row.get(channel).asDouble(), within(5e-3)); // values reach 100
        }
      }
    }
  }

  @Test
  void encodesForManyCallersAtOnce() throws Exception {
    List<FloatBuffer> pictures =
        List.of(
            DemoModel.pixels("ex00.png"),
            DemoModel.pixels("ex04.png"),
            DemoModel.pixels("ex09.png"));
    List<EncodedPicture> alone = pictures.stream().map(runtime::encode).toList();
    List<Future<EncodedPicture>> together = new ArrayList<>();
    for (int call = 0; call < 2 * THREADS; call++) {
      FloatBuffer picture = pictures.get(call % pictures.size());
      together.add(threads.submit(() -> runtime.encode(picture)));
    }

    for (int call = 0; call < together.size(); call++) {
      EncodedPicture expected = alone.get(call % pictures.size());
      EncodedPicture encoded = together.get(call).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      assertThat(encoded.saliency()).containsExactly(expected.saliency(), within(1e-6f));
      for (int index = 0; index < expected.visualTokens().remaining(); index++) {
        assertThat(encoded.visualTokens().get(index))
            .isCloseTo(expected.visualTokens().get(index), within(1e-3f));
      }
    }
  }

  @Test
  void stopsTheCallersWhenItIsClosed() throws Exception {
    CountDownLatch encoded = new CountDownLatch(THREADS);
    FloatBuffer picture = DemoModel.pixels("ex00.png");
    Callable<Void> forever =
        () -> {
          runtime.encode(picture);
          encoded.countDown();
          while (true) {
            runtime.encode(picture);
          }
        };
    List<Future<Void>> callers = new ArrayList<>();
    for (int caller = 0; caller < THREADS; caller++) {
      callers.add(threads.submit(forever));
    }
    assertThat(encoded.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();

    runtime.close();

    for (Future<Void> caller : callers) {
      assertThatThrownBy(() -> caller.get(TIMEOUT_SECONDS, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(RuntimeStoppedException.class);
    }
  }

  @Test
  void refusesToEncodeOnceItIsClosed() {
    runtime.close();
    runtime.close();

    assertThatThrownBy(() -> runtime.encode(DemoModel.pixels("ex00.png")))
        .isInstanceOf(RuntimeStoppedException.class);
  }

  @Test
  void refusesPixelsThatDoNotFit() {
    FloatBuffer fitting = DemoModel.pixels("ex00.png");

    assertThatThrownBy(() -> runtime.encode(fitting.slice(0, fitting.remaining() - 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> runtime.encode(FloatBuffer.allocate(fitting.remaining())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("direct");
  }
}
