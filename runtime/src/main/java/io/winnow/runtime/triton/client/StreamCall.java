package io.winnow.runtime.triton.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelStreamInferResponse;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A stream over a gRPC call. */
final class StreamCall extends ClientCall.Listener<ModelStreamInferResponse>
    implements InferStream {

  private final ClientCall<ModelInferRequest, ModelStreamInferResponse> call;
  private final StreamListener listener;
  private final StreamSettings settings;
  private final String endpoint;
  private final AtomicLong lastId = new AtomicLong();
  private final Object sending = new Object();
  private boolean halfClosed;
  private volatile boolean ended;

  /** Set before the call is cancelled because of us: the transport would only say "cancelled". */
  private volatile @Nullable Status localFailure;

  StreamCall(
      ClientCall<ModelInferRequest, ModelStreamInferResponse> call,
      StreamListener listener,
      StreamSettings settings,
      String endpoint) {
    this.call = call;
    this.listener = listener;
    this.settings = settings;
    this.endpoint = endpoint;
  }

  void start(Metadata headers) {
    call.start(this, headers);
    if (settings.call().compressed()) {
      call.setMessageCompression(true);
    }
    if (settings.initialCredit() > 0) {
      call.request(settings.initialCredit());
    }
  }

  @Override
  public String send(InferRequest request) {
    InferRequest named =
        request.id().isEmpty()
            ? request.toBuilder().id("r" + lastId.incrementAndGet()).build()
            : request;
    ModelInferRequest message = InferCoding.encode(named);
    synchronized (sending) {
      if (halfClosed) {
        throw new IllegalStateException("the stream was half-closed");
      }
      if (!ended) {
        call.sendMessage(message);
      }
    }
    return named.id();
  }

  @Override
  public boolean isReady() {
    return !ended && call.isReady();
  }

  @Override
  public void request(int messages) {
    call.request(messages);
  }

  @Override
  public void halfClose() {
    synchronized (sending) {
      if (!halfClosed && !ended) {
        call.halfClose();
      }
      halfClosed = true;
    }
  }

  @Override
  public void cancel(String reason) {
    if (!ended) {
      call.cancel(reason, null);
    }
  }

  @Override
  public void onMessage(ModelStreamInferResponse message) {
    if (localFailure != null) {
      return;
    }
    try {
      if (message.getErrorMessage().isEmpty()) {
        listener.onResponse(InferCoding.decode(message.getInferResponse()));
      } else {
        listener.onRequestFailed(message.getInferResponse().getId(), message.getErrorMessage());
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  @Override
  public void onReady() {
    if (localFailure != null) {
      return;
    }
    try {
      listener.onReady();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void fail(RuntimeException cause) {
    localFailure =
        Status.INTERNAL
            .withDescription("a message could not be taken: " + cause.getMessage())
            .withCause(cause);
    call.cancel("a message could not be taken", cause);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    ended = true;
    Status failed = localFailure != null ? localFailure : status;
    listener.onClosed(
        failed.isOk()
            ? null
            : TritonException.of(failed, endpoint, settings.model(), failed.getCause()));
  }
}
