package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of the failures of a model without state. */
class UnaryModelTest {

  private final ScriptedDecoder server = new ScriptedDecoder("any");
  private final UnaryModel model =
      new UnaryModel("demo-vision", server.address(), TritonSettings.defaults());

  @AfterEach
  void close() {
    model.close();
    server.close();
  }

  @Test
  void aServerThatIsFullHasNotStopped() {
    assertFails(Status.RESOURCE_EXHAUSTED, RuntimeFullException.class);
  }

  @Test
  void aServerThatLacksTheModelHasStopped() {
    assertFails(Status.NOT_FOUND, RuntimeStoppedException.class);
    assertFails(Status.UNAVAILABLE, RuntimeStoppedException.class);
  }

  @Test
  void aRequestThatDoesNotFitIsADefect() {
    assertFails(Status.INVALID_ARGUMENT, IllegalStateException.class);
  }

  private void assertFails(Status refusal, Class<? extends RuntimeException> type) {
    server.refusal = refusal.withDescription("a picture too many");
    assertThatThrownBy(() -> model.run(model.request().build()))
        .isInstanceOf(type)
        .hasMessageContaining("a picture too many");
  }
}
