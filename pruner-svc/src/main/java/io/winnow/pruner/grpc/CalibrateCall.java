package io.winnow.pruner.grpc;

import io.winnow.pruner.calibration.Calibration;
import io.winnow.pruner.calibration.CalibrationRequest;
import io.winnow.pruner.calibration.CalibrationResult;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.recipes.BadRecipeException;
import io.winnow.pruner.recipes.RecipeStore;
import io.winnow.runtime.streams.Conversation;
import io.winnow.runtime.streams.ConversationEndedException;
import io.winnow.v1.CalibrateFinished;
import io.winnow.v1.CalibrateRequest;
import io.winnow.v1.CalibrateResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Supplier;

/** One Calibrate stream, on a thread of its own. */
final class CalibrateCall implements Supplier<Runnable> {

  private static final Logger log = System.getLogger(CalibrateCall.class.getName());

  private final Conversation<CalibrateRequest, CalibrateResponse> client;
  private final RecipeStore store;

  CalibrateCall(Conversation<CalibrateRequest, CalibrateResponse> client, RecipeStore store) {
    this.client = client;
    this.store = store;
  }

  /** Searches, and gives how the stream ends. */
  @Override
  public Runnable get() {
    try {
      CalibrationRequest request = begin();
      CalibrationRuns runs = new CalibrationRuns(client, request.decoder().layers());
      CalibrationResult result = new Calibration(runs, runs, Clock.systemUTC()).find(request);
      if (result instanceof CalibrationResult.Found found) {
        finish(found);
        return client::complete;
      }
      return failing(((CalibrationResult.Refused) result).failure());
    } catch (RefusedException e) {
      return failing(e.failure());
    } catch (CalibrationRuns.BrokenOffException e) {
      return failing(e.failure());
    } catch (ConversationEndedException e) {
      return failing(PrunerFailure.of(Reason.IDLE, e.getMessage() + "; calibrate again"));
    } catch (InterruptedException e) {
      return failing(
          PrunerFailure.of(Reason.DRAINING, "the pruner is stopping; calibrate elsewhere"));
    } catch (BadRecipeException | RuntimeException e) {
      log.log(Level.ERROR, "a calibration failed", e);
      return failing(
          PrunerFailure.of(Reason.INTERNAL, "the pruner failed; its log has the details"));
    }
  }

  private CalibrationRequest begin()
      throws RefusedException, ConversationEndedException, InterruptedException {
    CalibrateRequest first = client.next().orElse(CalibrateRequest.getDefaultInstance());
    if (!first.hasBegin()) {
      throw new RefusedException(
          PrunerFailure.of(
              Reason.PROTOCOL_VIOLATION, "the stream goes CalibrateBegin, CalibrationFindings"));
    }
    return CalibrateMessages.request(first.getBegin());
  }

  private void finish(CalibrationResult.Found found)
      throws BadRecipeException, ConversationEndedException, InterruptedException {
    String stored = store.put(found.recipe()).map(Path::toString).orElse("");
    client.say(
        CalibrateResponse.newBuilder()
            .setFinished(
                CalibrateFinished.newBuilder()
                    .setRecipe(found.recipe())
                    .setStoredAs(stored)
                    .addAllNotes(found.notes()))
            .build());
  }

  private Runnable failing(PrunerFailure failure) {
    return () -> client.fail(FailureStatus.of(failure));
  }
}
