package io.winnow.decoder.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.PrunerClient;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * One Decide stream. What it sends is bounded by the protocol: one message per segment and two
 * more. Synchronized as {@link EncodeCall} is.
 */
final class DecideCall
    implements PrunerClient.Decision, ClientResponseObserver<DecideRequest, DecideResponse> {

  static final String SERVICE = "pruner-svc";

  private final PrunerClient.Listener listener;
  private final Object lock = new Object();
  private @Nullable ClientCallStreamObserver<DecideRequest> call;
  private boolean ended;

  DecideCall(PrunerClient.Listener listener) {
    this.listener = listener;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<DecideRequest> stream) {
    call = stream;
    stream.disableAutoRequestWithInitial(1);
  }

  @Override
  public void begin(DecideBegin begin) {
    send(DecideRequest.newBuilder().setBegin(begin).build());
  }

  @Override
  public void observe(Observation observation) {
    send(DecideRequest.newBuilder().setObservation(observation).build());
  }

  @Override
  public void finish(Outcome outcome) {
    synchronized (lock) {
      send(DecideRequest.newBuilder().setOutcome(outcome).build());
      if (call != null && !ended) {
        ended = true;
        call.onCompleted();
      }
    }
  }

  @Override
  public void cancel() {
    end("the answer was given up");
  }

  @Override
  public void onNext(DecideResponse response) {
    synchronized (lock) {
      if (ended) {
        return;
      }
      if (call != null) {
        call.request(1);
      }
    }
    switch (response.getStepCase()) {
      case PLAN -> listener.onPlan(response.getPlan());
      case VERDICT -> listener.onVerdict(response.getVerdict());
      case STEP_NOT_SET -> violated("a message without a step");
    }
  }

  @Override
  public void onError(Throwable thrown) {
    synchronized (lock) {
      if (ended) {
        return;
      }
      ended = true;
    }
    listener.onFailed(FailureStatus.failure(SERVICE, thrown));
  }

  @Override
  public void onCompleted() {
    violated("the end of the stream before the outcome");
  }

  private void send(DecideRequest request) {
    synchronized (lock) {
      if (call != null && !ended) {
        call.onNext(request);
      }
    }
  }

  private void violated(String what) {
    if (end("the pruner broke the protocol")) {
      listener.onFailed(
          ChatFailure.of(Reason.INTERNAL, SERVICE + " broke the protocol: it sent " + what));
    }
  }

  private boolean end(String why) {
    synchronized (lock) {
      if (ended) {
        return false;
      }
      ended = true;
      if (call != null) {
        call.cancel(why, null);
      }
      return true;
    }
  }
}
