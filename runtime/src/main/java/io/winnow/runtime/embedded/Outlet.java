package io.winnow.runtime.embedded;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.embedded.LiveGeneration.Stage;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;

/**
 * Tells listeners what happens and ends generations, each exactly once: the only place that calls a
 * listener. Engine thread only, but for {@link #tellEnd}.
 */
final class Outlet {

  private static final Logger LOG = System.getLogger(Outlet.class.getName());

  private final Intake intake;
  private final Occupancy occupancy;

  Outlet(Intake intake, Occupancy occupancy) {
    this.intake = intake;
    this.occupancy = occupancy;
  }

  /** Reports an event that is not terminal. A listener that throws loses its generation. */
  void tell(LiveGeneration generation, Consumer<GenerationListener> event) {
    try {
      event.accept(generation.listener());
    } catch (Throwable thrown) {
      fail(generation, defect(thrown));
    }
  }

  void finish(LiveGeneration generation, FinishCause cause) {
    end(generation, listener -> listener.onFinished(cause));
  }

  void fail(LiveGeneration generation, RuntimeFailure failure) {
    end(generation, listener -> listener.onFailed(failure));
  }

  /** Reports a terminal event; a listener that throws here has nothing more to lose. */
  static void tellEnd(GenerationListener listener, Consumer<GenerationListener> terminal) {
    try {
      terminal.accept(listener);
    } catch (Throwable thrown) {
      LOG.log(Level.ERROR, "a listener failed at its terminal event", thrown);
    }
  }

  static RuntimeFailure defect(Throwable cause) {
    LOG.log(Level.ERROR, "a generation failed", cause);
    return new RuntimeFailure(Kind.INTERNAL, "the embedded runtime failed: " + cause);
  }

  private void end(LiveGeneration generation, Consumer<GenerationListener> terminal) {
    if (generation.ended()) {
      return;
    }
    if (generation.stage() instanceof Stage.Prefilling prefilling) {
      prefilling.prefill().close();
    }
    generation
        .seat()
        .ifPresent(
            seat -> {
              seat.pool().free(seat.slot());
              occupancy.left(seat.pool());
            });
    generation.enter(new Stage.Ended());
    // The place is free before the listener hears of it, so it can start the next generation.
    intake.left();
    try {
      tellEnd(generation.listener(), terminal);
    } finally {
      intake.told();
    }
  }
}
